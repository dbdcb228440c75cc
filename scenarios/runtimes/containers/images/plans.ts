/** The images there are: ours, and one of each real client. */

import type { ClientName } from '../../../clients/adapter.ts'

export interface ImagePlan {
  /** `swarmlab-NAME`; ours is `swarmlab`. */
  readonly name: string
  readonly dockerfile: string
  /** Of npm, with what they depend on; Node comes with them. */
  readonly packages: readonly string[]
  /** Of this project. */
  readonly hasSources: boolean
}

export const OUR_IMAGE: ImagePlan = {
  name: 'swarmlab',
  dockerfile: 'docker/Dockerfile',
  packages: ['log-update', 'pino', 'piscina', 'pretty-bytes', 'pretty-ms', 'seedrandom', 'yargs', 'zod'],
  hasSources: true,
}

export const CLIENT_IMAGES: readonly ImagePlan[] = [
  fromDebian('aria2'),
  fromDebian('transmission'),
  fromDebian('qbittorrent'),
  fromDebian('rtorrent'),
  fromDebian('libtorrent'),
  { ...fromDebian('webtorrent'), packages: ['webtorrent'] },
]

function fromDebian(client: string): ImagePlan {
  return {
    name: `swarmlab-${client}`,
    dockerfile: `docker/clients/${client}.Dockerfile`,
    packages: [],
    hasSources: false,
  }
}

/** Null, or the client of this project: ours. */
export function imagePlanOf(client: ClientName | null): ImagePlan {
  return CLIENT_IMAGES.find(({ name }) => name === `swarmlab-${client}`) ?? OUR_IMAGE
}
