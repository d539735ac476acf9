// A line chart as SVG: both axes logarithmic or linear, one line per series, readable on light and dark pages.

const WIDTH = 640
const HEIGHT = 320
const MARGIN = { left: 62, right: 130, top: 34, bottom: 44 }
const COLOURS = ['#2f6feb', '#c2410c', '#15803d', '#9333ea', '#b45309', '#0e7490']

/**
 * @param {object} chart
 * @param {string} chart.title
 * @param {{ label: string, log?: boolean }} chart.x
 * @param {{ label: string, log?: boolean }} chart.y
 * @param {{ name: string, points: [number, number][] }[]} chart.series
 * @returns {string} the SVG document
 */
export function plot({ title, x, y, series }) {
  const points = series.flatMap((line) => line.points)
  const horizontal = axis(
    points.map(([value]) => value),
    x.log,
    MARGIN.left,
    WIDTH - MARGIN.right,
  )
  const vertical = axis(
    [...points.map(([, value]) => value), ...(y.log ? [] : [0])],
    y.log,
    HEIGHT - MARGIN.bottom,
    MARGIN.top,
  )
  const grid = [
    ...horizontal.ticks.map((tick) => text(horizontal.place(tick), HEIGHT - MARGIN.bottom + 16, short(tick), 'middle')),
    ...vertical.ticks.map((tick) => {
      const place = vertical.place(tick)
      return `<line class="grid" x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${place}" y2="${place}"/>${text(MARGIN.left - 6, place + 4, short(tick), 'end')}`
    }),
  ]
  const lines = series.map(({ name, points: own }, number) => {
    const colour = COLOURS[number % COLOURS.length]
    const placed = own.map(([left, up]) => [horizontal.place(left), vertical.place(up)])
    const path = placed.map(([left, up]) => `${round(left)},${round(up)}`).join(' ')
    const dots = placed
      .map(([left, up]) => `<circle cx="${round(left)}" cy="${round(up)}" r="2.5" fill="${colour}"/>`)
      .join('')
    const legend = `<rect x="${WIDTH - MARGIN.right + 12}" y="${MARGIN.top + number * 18}" width="10" height="10" rx="2" fill="${colour}"/>${text(WIDTH - MARGIN.right + 27, MARGIN.top + 9 + number * 18, name, 'start')}`
    return `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${path}"/>${dots}${legend}`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escape(title)}">
<style>text{font:12px system-ui,sans-serif;fill:#57606a}.title{font-weight:600;font-size:13px}.grid{stroke:#8c959f;stroke-opacity:.35}@media(prefers-color-scheme:dark){text{fill:#9ba6b2}}</style>
<text class="title" x="${MARGIN.left}" y="18">${escape(title)}</text>
${grid.join('\n')}
${lines.join('\n')}
${text((MARGIN.left + WIDTH - MARGIN.right) / 2, HEIGHT - 8, x.label, 'middle')}
<text transform="translate(14 ${(MARGIN.top + HEIGHT - MARGIN.bottom) / 2}) rotate(-90)" text-anchor="middle">${escape(y.label)}</text>
</svg>
`
}

function axis(values, isLog, from, to) {
  const scale = isLog ? Math.log10 : (value) => value
  const low = isLog ? 10 ** Math.floor(Math.log10(Math.min(...values))) : Math.min(...values)
  const high = isLog ? 10 ** Math.ceil(Math.log10(Math.max(...values) * 1.0001)) : niceCeiling(Math.max(...values))
  const [start, end] = [scale(low), scale(high)]
  const place = (value) => round(from + ((scale(value) - start) / (end - start || 1)) * (to - from))
  const ticks = isLog ? powers(low, high) : [0, 1, 2, 3, 4].map((quarter) => low + ((high - low) * quarter) / 4)
  return { place, ticks }
}

function powers(low, high) {
  const found = []
  for (let power = Math.round(Math.log10(low)); power <= Math.round(Math.log10(high)); power++) found.push(10 ** power)
  return found
}

function niceCeiling(value) {
  const unit = 10 ** Math.floor(Math.log10(value || 1))
  return [1, 2, 4, 5, 8, 10].map((step) => step * unit).find((step) => step >= value) ?? value
}

const text = (left, up, content, anchor) =>
  `<text x="${left}" y="${up}" text-anchor="${anchor}">${escape(content)}</text>`
const round = (value) => Math.round(value * 10) / 10
const escape = (content) => String(content).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')

function short(value) {
  if (value >= 1e6) return `${value / 1e6}M`
  return value >= 1e3 ? `${value / 1e3}k` : String(Math.round(value * 100) / 100)
}
