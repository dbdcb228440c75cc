/** What a program of a cell says on stderr when it listens to its parent by lines. */
export const PARENT_WAITED_FOR = 'swarmlab: listening to its parent\n'
