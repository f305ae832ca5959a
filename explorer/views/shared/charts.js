// Small charts: a curve with its interval, and a histogram with what a cut lets pass. Drawn as SVG.

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

// A curve on axes from 0 to 1 upwards. Points: x, y, low, high; a line, its band, a dot for each, and words for ears.
// With `bars` every point has its interval as a bar of its own; `goal` draws a line to compare with: from, to.
export function makeCurve({
  label,
  xWords,
  yWords,
  xAxis,
  bars = false,
  goal = null,
  yAt = "start",
  wide = 372,
  high = 132,
}) {
  const box = shape("svg", { viewBox: `0 0 ${wide} ${high}`, class: "curve", role: "img" })
  const left = 34,
    right = 10,
    top = 8,
    bottom = 22
  function update(points, mark) {
    const most = Math.max(...points.map((point) => point.x), xAxis === "share" ? 1 : 1),
      first = Math.min(...points.map((point) => point.x)),
      least = xAxis === "share" || first < most / 2 ? 0 : first
    const across = (x) => left + ((wide - left - right) * (x - least)) / (most - least || 1),
      up = (y) => top + (high - top - bottom) * (1 - y)
    const path = (list) =>
      list.map(([x, y], place) => `${place ? "L" : "M"}${across(x).toFixed(1)} ${up(y).toFixed(1)}`).join("")
    const grid = [0, 0.5, 1].flatMap((y) => [
      shape("line", { x1: left, x2: wide - right, y1: up(y), y2: up(y), class: "rule" }),
      shape("text", { x: left - 6, y: up(y) + 4, class: "tick end" }, y === 0.5 ? ".5" : y),
    ])
    const ends = xAxis === "share" ? [0, 0.5, 1] : [least, most]
    const below = ends.map((x, place) =>
      shape(
        "text",
        {
          x: across(x),
          y: high - 6,
          class: `tick ${place === 0 ? "start" : place === ends.length - 1 ? "end" : "middle"}`,
        },
        xAxis === "share" ? x : Math.round(x).toLocaleString("en"),
      ),
    )
    const names = [
      shape(
        "text",
        { x: xAxis === "share" ? across(0.75) : (left + wide - right) / 2, y: high - 6, class: "tick middle axis" },
        xWords,
      ),
    ]
    const aim = goal ?? mark?.goal,
      compare = aim
        ? [shape("line", { x1: left, x2: wide - right, y1: up(aim[0]), y2: up(aim[1]), class: "goal" })]
        : []
    const band =
      points.length > 1 && !bars
        ? [
            shape("path", {
              d: `${path(points.map((p) => [p.x, p.high]))}${path([...points].reverse().map((p) => [p.x, p.low])).replace("M", "L")}Z`,
              class: "band",
            }),
          ]
        : points.map((p) =>
            shape("line", { x1: across(p.x), x2: across(p.x), y1: up(p.low), y2: up(p.high), class: "whisker" }),
          )
    const line = points.length > 1 ? [shape("path", { d: path(points.map((p) => [p.x, p.y])), class: "line" })] : []
    const dots =
      points.length <= 30
        ? points.map((p) => {
            const dot = shape("circle", { cx: across(p.x), cy: up(p.y), r: 3, class: "dot" })
            dot.append(shape("title", {}, p.words ?? ""))
            return dot
          })
        : []
    const cut =
      mark?.x !== undefined ? [shape("circle", { cx: across(mark.x), cy: up(mark.y), r: 5, class: "here" })] : []
    box.setAttribute(
      "aria-label",
      `${label}. ${points
        .map((point) => point.words)
        .filter(Boolean)
        .join("; ")}`,
    )
    box.replaceChildren(
      ...grid,
      ...below,
      ...names,
      ...compare,
      ...band,
      ...line,
      ...dots,
      ...cut,
      shape(
        "text",
        { x: yAt === "end" ? wide - right - 4 : left + 4, y: up(0) - 5, class: `tick ${yAt} axis` },
        yWords,
      ),
    )
  }
  return { box, update }
}

// Scores of all images, heights as square roots so that few are seen beside many; what passes the cut is lit.
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
