/** Items in their order, several at a time: each lane takes the next one. */

/** The first failure aborts what the other lanes are at, and is thrown once they have ended. */
export async function inLanes<Item>(
  laneCount: number,
  items: readonly Item[],
  signal: AbortSignal,
  work: (item: Item, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const broken = new AbortController()
  const either = AbortSignal.any([signal, broken.signal])
  const failures: unknown[] = []
  const queue = items.values()
  async function lane(): Promise<void> {
    for (const item of queue) {
      if (either.aborted) return
      try {
        await work(item, either)
      } catch (error) {
        failures.push(error)
        broken.abort(error)
      }
    }
  }
  await Promise.all(Array.from({ length: laneCount }, lane))
  if (failures.length > 0) throw failures[0]
}
