/** Where in time the page is: by the slider, by playing, by a click. */
import { byId, secondsText } from './formats.ts'

export interface Player {
  /** Another timeline: from its end on, which shows all of it. */
  reset(endMs: number): void
  go(tMs: number): void
}

/** Steps of the slider over a whole timeline. */
const STEPS = 1_000

/** `show` is called once a frame at most. */
export function player(show: (tMs: number) => void): Player {
  const slider = byId<HTMLInputElement>('time')
  const button = byId<HTMLButtonElement>('play')
  const lasting = byId<HTMLSelectElement>('lasting')
  let endMs = 1
  let tMs = 1
  let lastFrameMs: number | null = null
  let isPlaying = false
  slider.max = String(STEPS)

  function go(toMs: number): void {
    tMs = Math.min(Math.max(toMs, 0), endMs)
    slider.value = String(Math.round((tMs / endMs) * STEPS))
    slider.setAttribute('aria-valuetext', secondsText(tMs))
    show(tMs)
  }

  function playFrame(nowMs: number): void {
    if (!isPlaying) return
    const elapsedMs = lastFrameMs === null ? 0 : nowMs - lastFrameMs
    lastFrameMs = nowMs
    const wholeMs = lasting.value === 'real' ? endMs : Number(lasting.value) * 1000
    go(tMs + (elapsedMs * endMs) / wholeMs)
    if (tMs >= endMs) setPlaying(false)
    else requestAnimationFrame(playFrame)
  }

  function setPlaying(next: boolean): void {
    isPlaying = next
    button.textContent = next ? 'Pause' : 'Play'
    button.setAttribute('aria-pressed', String(next))
    lastFrameMs = null
    if (!next) return
    if (tMs >= endMs) go(0)
    requestAnimationFrame(playFrame)
  }

  button.addEventListener('click', () => setPlaying(!isPlaying))
  slider.addEventListener('input', () => {
    setPlaying(false)
    go((Number(slider.value) / STEPS) * endMs)
  })
  return {
    reset(nextEndMs) {
      setPlaying(false)
      endMs = nextEndMs
      go(endMs)
    },
    go(toMs) {
      setPlaying(false)
      go(toMs)
    },
  }
}
