/** No peer owes more blocks than the pipeline allows: the depth of the settings, and what the peer says that it queues. */
import { AUTO_DEPTH_LIMIT, AUTO_DEPTH_MAX } from '../../../client/peer/pipeline.ts'
import { type Invariant, Violation } from '../violation.ts'
import { nameOf } from '../wire-book.ts'

const PROPERTY = 'pipeline-bounded'

export function pipelineBounded(): Invariant {
  return {
    says: ({ client, wire, book }, message) => {
      if (message.type !== 'request') return
      const { pipelineDepth } = client.schedule.choices
      const autoMax = book.queueMax === Number.POSITIVE_INFINITY ? AUTO_DEPTH_MAX : AUTO_DEPTH_LIMIT
      const max = Math.min(pipelineDepth === 'auto' ? autoMax : pipelineDepth, book.queueMax)
      const owed = book.owedByThem.size
      if (book.owedByThem.has(nameOf(message))) {
        throw new Violation(PROPERTY, `${client.name} asks ${wire.remote.host} twice for ${nameOf(message)}`)
      }
      if (owed >= max) {
        throw new Violation(
          PROPERTY,
          `${wire.remote.host} owes ${client.name} ${owed} of ${max}, and is asked for more`,
        )
      }
    },
  }
}
