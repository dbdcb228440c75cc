/** What ran a cell died under it. The cell has failed, the others go on; the message is one line for its record. */
export class CellDied extends Error {
  readonly wallSeconds: number

  constructor(message: string, wallSeconds: number) {
    super(message)
    this.wallSeconds = wallSeconds
  }
}
