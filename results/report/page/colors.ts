/** Colours of the canvases, by what the system asks for; those of charts, turned for a dark page. */

const DARK = matchMedia('(prefers-color-scheme: dark)')

export interface PageColors {
  readonly ink: string
  readonly faint: string
  readonly paper: string
  readonly grid: string
  readonly data: string
  readonly seeds: string
  readonly rarest: string
  readonly bad: string
}

const LIGHT_COLORS: PageColors = {
  ink: '#1a1a1a',
  faint: '#5f5f5f',
  paper: '#ffffff',
  grid: '#e3e3e3',
  data: '#0072b2',
  seeds: '#009e73',
  rarest: '#cc79a7',
  bad: '#d55e00',
}

const DARK_COLORS: PageColors = {
  ink: '#ececec',
  faint: '#b0b0b0',
  paper: '#1b1d21',
  grid: '#3a3d43',
  data: '#56b4e9',
  seeds: '#2fc297',
  rarest: '#e39cc3',
  bad: '#f0803c',
}

/** What the charts' theme draws in, and the same on a dark page. */
const TURNED: readonly (readonly [string, string])[] = [
  [LIGHT_COLORS.ink, DARK_COLORS.ink],
  [LIGHT_COLORS.faint, DARK_COLORS.faint],
  [LIGHT_COLORS.paper, DARK_COLORS.paper],
  [LIGHT_COLORS.grid, DARK_COLORS.grid],
  // The light blue makes room for the dark one.
  ['#56b4e9', '#b5e3fb'],
  [LIGHT_COLORS.data, DARK_COLORS.data],
  ['#333333', '#c8c8c8'],
]

export function pageColors(): PageColors {
  return DARK.matches ? DARK_COLORS : LIGHT_COLORS
}

export function isDark(): boolean {
  return DARK.matches
}

export function whenColorsChange(act: () => void): void {
  DARK.addEventListener('change', act)
}

export function chartColored<Spec extends object>(spec: Spec): Spec {
  const text = JSON.stringify(spec)
  if (!DARK.matches) return JSON.parse(text)
  return JSON.parse(TURNED.reduce((turned, [from, to]) => turned.replaceAll(`"${from}"`, `"${to}"`), text))
}
