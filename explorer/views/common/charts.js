// Small charts as SVG: a curve with its interval, and a histogram with the part that passes a threshold.

const SVG = "http://www.w3.org/2000/svg"

/**
 * @template {keyof SVGElementTagNameMap} Name
 * @param {Name} tag
 * @param {Record<string, string | number>} attributes
 * @param {string} [words]
 */
function shape(tag, attributes, words) {
  const element = document.createElementNS(SVG, tag)
  for (const [name, value] of Object.entries(attributes)) {
    element.setAttribute(name, String(value))
  }
  if (words !== undefined) {
    element.textContent = words
  }
  return element
}

/** @typedef {Server.ChartPoint} Point y, low and high from 0 to 1 */
/** @typedef {readonly [from: number, to: number]} Goal the ends of a line to compare with, on the y axis */

/**
 * @typedef {Object} CurveOptions
 * @property {string} label
 * @property {string} xWords
 * @property {string} yWords
 * @property {"share"} [xAxis] the x axis spans 0 to 1
 * @property {boolean} [bars] each interval is a bar
 * @property {Goal} [goal]
 * @property {"start" | "end"} [yAt] the side of the words of the y axis
 */

const LEFT = 34,
  RIGHT = 10,
  TOP = 8,
  BOTTOM = 22 // room for the words beside the axes, in units of the picture

// Scales from values to places. The x axis spans the points, or 0 to 1 for a share. The y axis spans 0 to 1.
/** @param {Point[]} points @param {Facts} facts */
function scalesOf(points, { xAxis, wide, high }) {
  const xs = points.map((point) => point.x)
  const most = Math.max(...xs, 1),
    first = Math.min(...xs),
    least = xAxis === "share" || first < most / 2 ? 0 : first
  return {
    least,
    most,
    across: (/** @type {number} */ x) => LEFT + ((wide - LEFT - RIGHT) * (x - least)) / (most - least || 1),
    up: (/** @type {number} */ y) => TOP + (high - TOP - BOTTOM) * (1 - y),
  }
}

/** @param {Scales} scales @param {Facts} facts */
function axesOf({ across, up, least, most }, { xAxis, xWords, wide, high }) {
  const share = xAxis === "share",
    ends = share ? [0, 0.5, 1] : [least, most]
  const sides = ["start", ...ends.slice(2).map(() => "middle"), "end"]
  return [
    ...[0, 0.5, 1].flatMap((y) => [
      shape("line", { x1: LEFT, x2: wide - RIGHT, y1: up(y), y2: up(y), class: "rule" }),
      shape("text", { x: LEFT - 6, y: up(y) + 4, class: "tick end" }, y === 0.5 ? ".5" : String(y)),
    ]),
    ...ends.map((x, place) =>
      shape(
        "text",
        { x: across(x), y: high - 6, class: `tick ${sides[place]}` },
        share ? String(x) : Math.round(x).toLocaleString("en"),
      ),
    ),
    shape(
      "text",
      { x: share ? across(0.75) : (LEFT + wide - RIGHT) / 2, y: high - 6, class: "tick middle axis" },
      xWords,
    ),
  ]
}

/** @param {Scales} scales @param {Facts} facts */
function yNameOf({ up }, { yWords, yAt, wide }) {
  const x = yAt === "end" ? wide - RIGHT - 4 : LEFT + 4
  return shape("text", { x, y: up(0) - 5, class: `tick ${yAt} axis` }, yWords)
}

// The intervals of the points, as one band or as a bar for each point.
/** @param {Point[]} points @param {Scales} scales @param {boolean} bars */
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

/** @param {Point[]} points @param {Scales} scales */
function dotsOf(points, { across, up }) {
  if (points.length > 30) {
    return []
  }
  return points.map((p) => {
    const dot = shape("circle", { cx: across(p.x), cy: up(p.y), r: 3, class: "dot" })
    dot.append(shape("title", {}, p.words))
    return dot
  })
}

/** @param {Point[]} points @param {(x: number) => number} across @param {(point: Point) => number} yOf */
const pathOf = (points, across, yOf) =>
  points.map((p, place) => `${place ? "L" : "M"}${across(p.x).toFixed(1)} ${yOf(p).toFixed(1)}`).join("")

/** @param {CurveOptions} options */
const factsOf = (options) => ({ bars: false, yAt: "start", wide: 372, high: 132, ...options })

/** @typedef {ReturnType<typeof factsOf>} Facts */
/** @typedef {ReturnType<typeof scalesOf>} Scales */
/** @typedef {ReturnType<typeof makeCurve>} Curve */

// A curve of points (x, y, low, high) on a y axis from 0 to 1: a line, its band, dots, and words for screen readers.
/** @param {CurveOptions} options */
export function makeCurve(options) {
  const facts = factsOf(options)
  const { wide, high } = facts
  const box = shape("svg", { viewBox: `0 0 ${wide} ${high}`, class: "curve", role: "img" })
  /** @param {Point[]} points @param {Server.Spot | null} [spot] the place to light @param {Goal} [goal] */
  function update(points, spot, goal) {
    const scales = scalesOf(points, facts),
      { across, up } = scales
    const aim = facts.goal ?? goal
    const compare = aim
      ? [shape("line", { x1: LEFT, x2: wide - RIGHT, y1: up(aim[0]), y2: up(aim[1]), class: "goal" })]
      : []
    const line = points.length > 1 ? [shape("path", { d: pathOf(points, across, (p) => up(p.y)), class: "line" })] : []
    const here = spot ? [shape("circle", { cx: across(spot.x), cy: up(spot.y), r: 5, class: "here" })] : []
    const words = points.map((point) => point.words).filter(Boolean)
    box.setAttribute("aria-label", `${facts.label}. ${words.join("; ")}`)
    box.replaceChildren(
      ...axesOf(scales, facts),
      ...compare,
      ...intervalsOf(points, scales, facts.bars),
      ...line,
      ...dotsOf(points, scales),
      ...here,
      yNameOf(scales, facts), // over the dots
    )
  }
  return { box, update }
}

// The scores of all images. Heights are square roots, so that small counts stay visible. Bars above the threshold are highlighted.
export function makeHistogram({ wide = 372, high = 84 }) {
  const box = shape("svg", {
    viewBox: `0 0 ${wide} ${high}`,
    class: "histogram",
    preserveAspectRatio: "none",
    "aria-hidden": "true",
  })
  /** @type {SVGRectElement[]} */
  let bars = []
  /** @param {number[]} counts */
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
  /** @param {number} upper @param {number} lower */
  function shade(upper, lower) {
    bars.forEach((bar, place) => {
      const middle = (place + 0.5) / bars.length
      bar.setAttribute("class", middle >= upper ? "above" : middle >= lower ? "between" : "below")
    })
  }
  return { box, update, shade }
}
