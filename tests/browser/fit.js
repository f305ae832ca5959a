// What does not fit into the window: controls that overlap, are cut, or lie outside, and areas that scroll sideways.
// eslint-disable-next-line max-lines-per-function -- a page is handed this one function and nothing else
export default () => {
  const found = [],
    all = []
  const walk = (root) => {
    for (const e of root.querySelectorAll("*")) {
      if (e.matches("button, input, select, textarea, summary, a[href], [role=button]")) {
        all.push(e)
      }
      if (e.shadowRoot) {
        walk(e.shadowRoot)
      }
    }
  }
  walk(document)
  const parent = (e) => e.assignedSlot ?? e.parentElement ?? e.getRootNode().host ?? null
  const scrolls = (e) => {
    const s = getComputedStyle(e)
    return [/(auto|scroll)/.test(s.overflowX), /(auto|scroll)/.test(s.overflowY)]
  }
  const shown = all
    .map((e) => {
      const r = e.getBoundingClientRect()
      if (!e.checkVisibility({ opacityProperty: true, visibilityProperty: true }) || r.width < 1 || r.height < 1) {
        return null
      }
      const box = { left: r.left, top: r.top, right: r.right, bottom: r.bottom },
        fixed = getComputedStyle(e).position === "fixed"
      let cut = ""
      for (let p = parent(e); p && !fixed; p = parent(p)) {
        const s = getComputedStyle(p),
          q = p.getBoundingClientRect(),
          [sx, sy] = scrolls(p)
        if (s.overflowX !== "visible" && s.display !== "contents") {
          if (!sx && (box.left < q.left - 1 || box.right > q.right + 1)) {
            cut = cut || "cut across"
          }
          box.left = Math.max(box.left, q.left)
          box.right = Math.min(box.right, q.right)
        }
        if (s.overflowY !== "visible" && s.display !== "contents") {
          if (!sy && (box.top < q.top - 1 || box.bottom > q.bottom + 1)) {
            cut = cut || "cut down"
          }
          box.top = Math.max(box.top, q.top)
          box.bottom = Math.min(box.bottom, q.bottom)
        }
        if (s.position === "fixed") {
          break
        }
      }
      if (box.right - box.left < 1 || box.bottom - box.top < 1) {
        return cut ? { e, box: r, cut: `${cut} away` } : null
      }
      return { e, box, cut, full: r }
    })
    .filter(Boolean)
  const name = (e) =>
    `${e.tagName.toLowerCase()}.${e.className
      ?.split?.(" ")
      .filter((c) => !c.startsWith("css") && !c.startsWith("Mui"))
      .join(".")}[${(e.getAttribute("aria-label") || e.textContent || e.placeholder || "").trim().slice(0, 24)}]`
  for (const { e, box, cut } of shown) {
    if (cut) {
      found.push(`${name(e)} ${cut}`)
    }
    if (box.left < -1 || box.top < -1 || box.right > innerWidth + 1 || box.bottom > innerHeight + 1) {
      found.push(
        `${name(e)} leaves the window: ${Math.round(box.left)} ${Math.round(box.top)} ${Math.round(box.right)} ${Math.round(box.bottom)}`,
      )
    }
  }
  const areas = []
  const look = (root) => {
    for (const e of root.querySelectorAll("*")) {
      if (
        e.checkVisibility({ visibilityProperty: true }) &&
        /(auto|scroll)/.test(getComputedStyle(e).overflowX) &&
        e.scrollWidth > e.clientWidth + 1 &&
        e.clientWidth > 1 &&
        !e.matches("input, textarea")
      ) {
        areas.push(e)
      }
      if (e.shadowRoot) {
        look(e.shadowRoot)
      }
    }
  }
  look(document)
  for (const e of areas) {
    found.push(`${name(e)} scrolls sideways: ${e.scrollWidth} in ${e.clientWidth}`)
  }
  const inside = (a, b) => {
    for (let p = a; p; p = parent(p)) {
      if (p === b) {
        return true
      }
    }
    return false
  }
  for (let i = 0; i < shown.length; i += 1) {
    for (let j = i + 1; j < shown.length; j += 1) {
      const a = shown[i].box,
        b = shown[j].box
      const w = Math.min(a.right, b.right) - Math.max(a.left, b.left),
        h = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top)
      if (w > 1 && h > 1 && !inside(shown[i].e, shown[j].e) && !inside(shown[j].e, shown[i].e)) {
        found.push(`${name(shown[i].e)} over ${name(shown[j].e)}`)
      }
    }
  }
  return found
}
