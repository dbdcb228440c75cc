/** Which swarmlab this is, as it names itself to others: `swarmlab 1.2.3`. */
import packageJson from '../../package.json' with { type: 'json' }

export const SWARMLAB_VERSION = `swarmlab ${packageJson.version}`
