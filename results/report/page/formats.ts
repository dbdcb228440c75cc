/** Figures as people read them, and elements made from words. */

export function secondsText(ms: number): string {
  const seconds = ms / 1000
  return `${seconds < 100 ? seconds.toFixed(1) : Math.round(seconds)} s`
}

export function rateText(bytesPerSecond: number): string {
  return `${(bytesPerSecond / 2 ** 20).toFixed(2)} MiB/s`
}

/** At most six digits, none of them idle. */
export function figureText(value: number | string | null): string {
  if (value === null) return '–'
  return typeof value === 'string' ? value : String(Number(value.toPrecision(6)))
}

/** A round step so that there are about `wanted` of them up to `most`. */
export function roundStep(most: number, wanted: number): number {
  const rough = most / wanted || 1
  const power = 10 ** Math.floor(Math.log10(rough))
  return power * ([1, 2, 5].find((digit) => digit * power >= rough) ?? 10)
}

export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  text: string | null = null,
  className = '',
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name)
  if (text !== null) made.textContent = text
  if (className !== '') made.className = className
  return made
}

/** Of the page, whose element it must be. */
export function byId<Kind extends HTMLElement>(id: string): Kind {
  return document.getElementById(id) as Kind
}

/** How many of the ascending `times` are at most `tMs`. */
export function countUntil(times: readonly number[], tMs: number): number {
  let low = 0
  let high = times.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (times[middle]! <= tMs) low = middle + 1
    else high = middle
  }
  return low
}
