"""One torrent in libtorrent, as a program.

    libtorrent-peer.py version
    libtorrent-peer.py create PATH TORRENT PIECE_BYTES [TRACKER]    a hybrid torrent (BEP 52), with padding
    libtorrent-peer.py seed|download HOST PORT FOLDER TORRENT|MAGNET [SETTINGS]

`seed` says "seeding" when the content is verified, `download` says "complete" when everything is on the disk; both stay
until they are ended. What goes wrong is told on standard output. Discovery but by the tracker is off. SETTINGS is a JSON
object of settings of the session.
"""

import json
import os
import sys

import libtorrent as lt

SETTINGS = {
    "enable_dht": False,
    "enable_lsd": False,
    "enable_natpmp": False,
    "enable_upnp": False,
    "alert_mask": lt.alert.category_t.error_notification
    | lt.alert.category_t.status_notification
    | lt.alert.category_t.storage_notification
    | lt.alert.category_t.tracker_notification,
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
    params.flags |= lt.torrent_flags.disable_pex
    return params


def run(role, host, port, folder, source, settings="{}"):
    session = lt.session(
        {
            **SETTINGS,
            "listen_interfaces": f"{host}:{port}",
            "outgoing_interfaces": host,
            **json.loads(settings),
        }
    )
    handle = session.add_torrent(params_of(source, folder))
    is_told = False
    while True:
        session.wait_for_alert(200)
        for alert in session.pop_alerts():
            if isinstance(alert, lt.torrent_error_alert):
                sys.exit(f"{alert.what()}: {alert.message()}")
            if alert.category() & (lt.alert.category_t.error_notification | lt.alert.category_t.tracker_notification):
                say(f"{alert.what()}: {alert.message()}")
            if isinstance(alert, lt.torrent_checked_alert) and role == "seed":
                if not handle.status().is_seeding:
                    sys.exit("the content is not what the torrent says")
                say("seeding")
            if isinstance(alert, lt.torrent_finished_alert) and role == "download":
                handle.flush_cache()
            if isinstance(alert, lt.cache_flushed_alert) and role == "download" and not is_told:
                is_told = handle.status().is_seeding
                if is_told:
                    say("complete")


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    if command == "version":
        say(lt.__version__)
    elif command == "create":
        create(*arguments)
    else:
        run(command, *arguments)
