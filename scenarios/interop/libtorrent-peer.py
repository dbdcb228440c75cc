"""One torrent in libtorrent, for the interop tests.

    libtorrent-peer.py version
    libtorrent-peer.py create PATH TORRENT PIECE_BYTES [TRACKER]    a hybrid torrent (BEP 52), with padding
    libtorrent-peer.py seed|download HOST PORT FOLDER TORRENT|MAGNET

`seed` says "seeding" when the content is verified, and stays until it is ended. `download` ends when everything is on
the disk, with 0. What goes on is told on standard output. Discovery but by trackers and peers is off.
"""

import os
import sys

import libtorrent as lt

SETTINGS = {
    "enable_dht": False,
    "enable_lsd": False,
    "enable_natpmp": False,
    "enable_upnp": False,
    "alert_mask": lt.alert.category_t.all_categories
    & ~(
        lt.alert.category_t.session_log_notification
        | lt.alert.category_t.picker_log_notification
        | lt.alert.category_t.block_progress_notification
    ),
}


def say(text):
    print(text, flush=True)


def create(path, torrent_path, piece_bytes, *trackers):
    storage = lt.file_storage()
    lt.add_files(storage, path)
    creator = lt.create_torrent(storage, int(piece_bytes))
    for tracker in trackers:
        creator.add_tracker(tracker)
    lt.set_piece_hashes(creator, os.path.dirname(path))
    with open(torrent_path, "wb") as file:
        file.write(lt.bencode(creator.generate()))


def params_of(source, folder):
    if source.startswith("magnet:"):
        params = lt.parse_magnet_uri(source)
    else:
        params = lt.add_torrent_params()
        params.ti = lt.torrent_info(source)
    params.save_path = folder
    params.flags &= ~(lt.torrent_flags.paused | lt.torrent_flags.auto_managed)
    return params


def run(role, host, port, folder, source):
    session = lt.session({**SETTINGS, "listen_interfaces": f"{host}:{port}", "outgoing_interfaces": host})
    handle = session.add_torrent(params_of(source, folder))
    while True:
        session.wait_for_alert(200)
        for alert in session.pop_alerts():
            say(f"{alert.what()}: {alert.message()}")
            if isinstance(alert, lt.torrent_error_alert):
                sys.exit(1)
            if isinstance(alert, lt.torrent_checked_alert) and role == "seed":
                if not handle.status().is_seeding:
                    sys.exit("the content is not what the torrent says")
                say("seeding")
            if isinstance(alert, lt.torrent_finished_alert) and role == "download":
                handle.flush_cache()
            if isinstance(alert, lt.cache_flushed_alert) and role == "download" and handle.status().is_seeding:
                return


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    if command == "version":
        say(lt.__version__)
    elif command == "create":
        create(*arguments)
    else:
        run(command, *arguments)
