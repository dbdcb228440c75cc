/**
 * Units: what records are kept in, and what people are shown. Records hold SI base and bytes; tables and axes show
 * MiB, MiB/s or Mbit/s. One unit per column or axis, so that its numbers compare at a glance.
 */
export type Unit = 'seconds' | 'bytes' | 'bytes/s' | 'count' | 'ratio' | '1/s' | 'hash'

export interface ShownUnit {
  /** Behind the number or in brackets on an axis; empty for counts and ratios. */
  readonly symbol: string
  /** One shown unit in units of the record: 1 MiB/s = 1 048 576 bytes/s. */
  readonly per: number
}

export const SHOWN = {
  seconds: { symbol: 's', per: 1 },
  kib: { symbol: 'KiB', per: 2 ** 10 },
  mib: { symbol: 'MiB', per: 2 ** 20 },
  mibPerSecond: { symbol: 'MiB/s', per: 2 ** 20 },
  mbitPerSecond: { symbol: 'Mbit/s', per: 1e6 / 8 },
  perSecond: { symbol: '1/s', per: 1 },
  plain: { symbol: '', per: 1 },
} as const satisfies Record<string, ShownUnit>

/** The shown unit of a record's unit, where nothing else is asked for. */
export function shownUnit(unit: Unit): ShownUnit {
  switch (unit) {
    case 'seconds':
      return SHOWN.seconds
    case 'bytes':
      return SHOWN.mib
    case 'bytes/s':
      return SHOWN.mibPerSecond
    case '1/s':
      return SHOWN.perSecond
    case 'count':
    case 'ratio':
    case 'hash':
      return SHOWN.plain
  }
}

/** `throughput (MiB/s)`; without brackets where there is no symbol. */
export function withUnit(label: string, shown: ShownUnit): string {
  return shown.symbol === '' ? label : `${label} (${shown.symbol})`
}

/** Four significant digits, never an exponent, integers whole: 2.318, 0.01563, 12.5, 48, 1234568. */
export function formatNumber(value: number): string {
  if (Number.isInteger(value)) return String(value)
  const magnitude = Math.floor(Math.log10(Math.abs(value)))
  const decimals = Math.min(Math.max(3 - magnitude, 0), 9)
  const text = value.toFixed(decimals)
  return decimals === 0 ? text : text.replace(/\.?0+$/, '')
}

/** `+1.3 %`, `−0.04 %`, `0 %`: two significant digits, with a sign. */
export function formatDeviation(ratio: number): string {
  const percent = Number((ratio * 100).toPrecision(2))
  if (Math.abs(percent) < 0.005) return '0 %'
  return `${percent > 0 ? '+' : '−'}${formatNumber(Math.abs(percent))} %`
}
