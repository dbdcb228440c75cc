import { defineConfig } from 'vitest/config'

const ROOMS = '{thesis,bench,scenarios,results,seeder,tracker-mock,simulator,links,client}'
const REAL_TIME = `${ROOMS}/**/*.realtime.test.ts`

/**
 * Three groups, one after another: what knows no time, or virtual time, as wide as the machine; the gates, which start
 * tools of their own; and what measures real time, one file at a time so that nothing disturbs it.
 * vitest would leave one core unused, and run a group 0 of one worker after all others.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: [`${ROOMS}/**/*.test.ts`],
          exclude: [REAL_TIME],
          maxWorkers: '100%',
          // Some start processes; on a busy machine that takes its time, and nothing here measures it.
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'gates',
          include: ['.ci/*.test.ts'],
          maxWorkers: '100%',
          testTimeout: 120_000,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: 'realtime',
          include: [REAL_TIME],
          fileParallelism: false,
          testTimeout: 60_000,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
})
