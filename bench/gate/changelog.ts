/** Why the baseline changed, as an entry of CHANGELOG.md: on top of what changed in the version to come. */
import { CommandError } from '../../client/node/command-error.ts'

const REASON_CHARACTERS_MAX = 300

/** Null: it can be a reason. Else what is wrong with it. */
export function reasonProblem(reason: string): string | null {
  if (reason.trim() === '') return '--accept wants a reason: --accept "requests are pipelined deeper"'
  if (/[\r\n]/.test(reason)) return '--accept: the reason is one line'
  if (reason.length > REASON_CHARACTERS_MAX) {
    return `--accept: the reason has ${reason.length} characters, ${REASON_CHARACTERS_MAX} are the most`
  }
  return null
}

export function withReason(changelog: string, reason: string): string {
  const entry = `- Baseline of the gate accepted: ${reason.trim()}`
  const unreleased = /^## \[Unreleased\]\n/m.exec(changelog)
  if (unreleased === null)
    throw new CommandError('CHANGELOG.md: there is no "## [Unreleased]" to write the reason to', 1)
  const start = unreleased.index + unreleased[0].length
  const next = changelog.indexOf('\n## ', start)
  const end = next === -1 ? changelog.length : next
  const section = changelog.slice(start, end)
  const changed = /^### Changed\n+/m.exec(section)
  const written =
    changed === null
      ? `\n### Changed\n\n${entry}\n${section}`
      : `${section.slice(0, changed.index)}${changed[0]}${entry}\n${section.slice(changed.index + changed[0].length)}`
  return changelog.slice(0, start) + written + changelog.slice(end)
}
