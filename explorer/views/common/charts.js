// Small charts as SVG: a curve with its interval, and a histogram with the part that passes a threshold.

const SVG = "http://www.w3.org/2000/svg"

function shape(tag, attributes, words) {
  const element = document.createElementNS(SVG, tag)
  for (const [name, value] of Object.entries(attributes)) {
    element.setAttribute(name, value)
  }
  if (words !== undefined) {
    element.textContent = words
  }
  return element
}

/**
 * @typedef {Object} Point
 * @property {number} x
 * @property {number} y from 0 to 1
 * @property {number} low
 * @property {number} high
 * @property {string} [words]
 */

const LEFT = 34,
  RIGHT = 10,
  TOP = 8,
  BOTTOM = 22 // room for the words beside the axes, in units of the picture

// Scales from values to places. The x axis spans the points, or 0 to 1 for a share. The y axis spans 0 to 1.
function scalesOf(points, { xAxis, wide, high }) {
  const xs = points.map((point) => point.x)
  const most = Math.max(...xs, 1),
    first = Math.min(...xs),
    least = xAxis === "share" || first < most / 2 ? 0 : first
  return {
    least,
    most,
    across: (x) => LEFT + ((wide - LEFT - RIGHT) * (x - least)) / (most - least || 1),
    up: (y) => TOP + (high - TOP - BOTTOM) * (1 - y),
  }
}

function axesOf({ across, up, least, most }, { xAxis, xWords, yWords, yAt, wide, high }) {
  const share = xAxis === "share",
    ends = share ? [0, 0.5, 1] : [least, most]
  const sides = ["start", ...ends.slice(2).map(() => "middle"), "end"]
  return [
    ...[0, 0.5, 1].flatMap((y) => [
      shape("line", { x1: LEFT, x2: wide - RIGHT, y1: up(y), y2: up(y), class: "rule" }),
      shape("text", { x: LEFT - 6, y: up(y) + 4, class: "tick end" }, y === 0.5 ? ".5" : y),
    ]),
    ...ends.map((x, place) =>
      shape(
        "text",
        { x: across(x), y: high - 6, class: `tick ${sides[place]}` },
        share ? x : Math.round(x).toLocaleString("en"),
      ),
    ),
    shape(
      "text",
      { x: share ? across(0.75) : (LEFT + wide - RIGHT) / 2, y: high - 6, class: "tick middle axis" },
      xWords,
    ),
    shape("text", { x: yAt === "end" ? wide - RIGHT - 4 : LEFT + 4, y: up(0) - 5, class: `tick ${yAt} axis` }, yWords),
  ]
}

// The intervals of the points, as one band or as a bar for each point.
function intervalsOf(points, { across, up }, bars) {
  if (points.length < 2 || bars) {
    return points.map((p) =>
      shape("line", { x1: across(p.x), x2: across(p.x), y1: up(p.low), y2: up(p.high), class: "whisker" }),
    )
  }
  const there = pathOf(points, across, (p) => up(p.high)),
    back = pathOf([...points].reverse(), across, (p) => up(p.low)).replace("M", "L")
  return [shape("path", { d: `${there}${back}Z`, class: "band" })]
}

function dotsOf(points, { across, up }) {
  if (points.length > 30) {
    return []
  }
  return points.map((p) => {
    const dot = shape("circle", { cx: across(p.x), cy: up(p.y), r: 3, class: "dot" })
    dot.append(shape("title", {}, p.words ?? ""))
    return dot
  })
}

const pathOf = (points, across, yOf) =>
  points.map((p, place) => `${place ? "L" : "M"}${across(p.x).toFixed(1)} ${yOf(p).toFixed(1)}`).join("")

// A curve of points (x, y, low, high) on a y axis from 0 to 1: a line, its band, dots, and words for screen readers.
// With `bars` each interval is a bar. `goal` draws a line to compare with, from its first value to its second.
export function makeCurve(options) {
  const facts = { bars: false, goal: null, yAt: "start", wide: 372, high: 132, ...options }
  const { wide, high } = facts
  const box = shape("svg", { viewBox: `0 0 ${wide} ${high}`, class: "curve", role: "img" })
  /** @param {Point[]} points @param {any} [mark] the place to light (x, y), or a line to compare with (goal) */
  function update(points, mark) {
    const scales = scalesOf(points, facts),
      { across, up } = scales
    const aim = facts.goal ?? mark?.goal,
      axes = axesOf(scales, facts),
      yName = axes.pop() // over the dots
    const compare = aim
      ? [shape("line", { x1: LEFT, x2: wide - RIGHT, y1: up(aim[0]), y2: up(aim[1]), class: "goal" })]
      : []
    const line = points.length > 1 ? [shape("path", { d: pathOf(points, across, (p) => up(p.y)), class: "line" })] : []
    const here =
      mark?.x !== undefined ? [shape("circle", { cx: across(mark.x), cy: up(mark.y), r: 5, class: "here" })] : []
    const words = points.map((point) => point.words).filter(Boolean)
    box.setAttribute("aria-label", `${facts.label}. ${words.join("; ")}`)
    box.replaceChildren(
      ...axes,
      ...compare,
      ...intervalsOf(points, scales, facts.bars),
      ...line,
      ...dotsOf(points, scales),
      ...here,
      yName,
    )
  }
  return { box, update }
}

// The scores of all images. Heights are square roots, so that small counts stay visible. Passing bars are lit.
export function makeHistogram({ wide = 372, high = 84 }) {
  const box = shape("svg", {
    viewBox: `0 0 ${wide} ${high}`,
    class: "histogram",
    preserveAspectRatio: "none",
    "aria-hidden": "true",
  })
  let bars = []
  function update(counts) {
    const most = Math.sqrt(Math.max(1, ...counts)),
      step = wide / (counts.length || 1)
    bars = counts.map((count, place) => {
      const tall = count ? Math.max(1.5, ((high - 2) * Math.sqrt(count)) / most) : 0
      return shape("rect", {
        x: (place * step).toFixed(2),
        width: Math.max(0.5, step - 0.8).toFixed(2),
        y: high - tall,
        height: tall,
      })
    })
    box.replaceChildren(...bars)
  }
  function shade(upper, lower) {
    bars.forEach((bar, place) => {
      const middle = (place + 0.5) / bars.length
      bar.setAttribute("class", middle >= upper ? "above" : middle >= lower ? "between" : "below")
    })
  }
  return { box, update, shade }
}
