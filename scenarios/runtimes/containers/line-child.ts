/** A process of a cell at the other end of a stream from Docker: orders and reports are lines (../processes/parent.ts). */
import { createInterface } from 'node:readline'
import { PassThrough } from 'node:stream'
import type { Child } from '../processes/child.ts'
import { decodeLine, encodeLine } from '../processes/message-lines.ts'
import { PARENT_WAITED_FOR } from '../processes/parent-line.ts'

const SAID_CHARACTERS_MAX = 2_000

/** Takes apart what a container says on its two outputs: `container.modem`. */
export interface Demuxer {
  demuxStream(stream: NodeJS.ReadableStream, stdout: NodeJS.WritableStream, stderr: NodeJS.WritableStream): void
}

export class LineChild<Order extends object, Report extends { readonly type: string }> implements Child<Order, Report> {
  readonly #role: string
  readonly #finish: () => Promise<void>
  readonly #listeners: ((report: Report) => void)[] = []
  /** Before anybody listened. */
  readonly #unheard: Report[] = []
  readonly #ended = Promise.withResolvers<string>()
  #stream: NodeJS.ReadWriteStream | null = null
  #stderr = ''

  /** `finish` makes sure that it is gone, after its stdin has ended. */
  constructor(role: string, finish: () => Promise<void>) {
    this.#role = role
    this.#finish = finish
  }

  attach(stream: NodeJS.ReadWriteStream, demuxer: Demuxer): void {
    this.#stream = stream
    const [stdout, stderr] = [new PassThrough(), new PassThrough()]
    demuxer.demuxStream(stream, stdout, stderr)
    createInterface({ input: stdout }).on('line', (line) => this.#hear(decodeLine(line) as Report))
    stderr.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk).slice(-SAID_CHARACTERS_MAX)
    })
    const gone = () => this.#ended.resolve(`${this.#role} ended early: ${this.said() || 'it said nothing'}`)
    // An error is one of the connection to the engine; its end ends the program too.
    for (const event of ['end', 'close', 'error']) stream.on(event, gone)
  }

  /** On stderr, as far as it is of interest. */
  said(): string {
    return this.#stderr.replace(PARENT_WAITED_FOR, '').trim()
  }

  send(order: Order): void {
    this.#stream?.write(encodeLine(order))
  }

  next<Type extends Report['type']>(type: Type): Promise<Extract<Report, { type: Type }>> {
    return new Promise((resolve, reject) => {
      this.onReport((report) => {
        if (report.type === type) resolve(report as never)
        else if (report.type === 'failed') reject(new Error((report as unknown as { reason: string }).reason))
      })
      this.#ended.promise.then((how) => reject(new Error(how)))
    })
  }

  onReport(listener: (report: Report) => void): void {
    this.#listeners.push(listener)
    for (const report of this.#unheard.splice(0)) listener(report)
  }

  async died(): Promise<void> {
    await this.#ended.promise
  }

  async end(): Promise<void> {
    this.#stream?.end()
    await this.#finish()
    this.#ended.resolve(`${this.#role} was ended`)
  }

  #hear(report: Report): void {
    if (this.#listeners.length === 0) this.#unheard.push(report)
    for (const listener of this.#listeners) listener(report)
  }
}
