// The map in the browser: holds one picture, moves it under the pointer, asks the server for the next.
//
// The view is a centre (cx, cy) in layout units, y up, and a scale in CSS pixels a unit. Every change of the view is
// drawn at once from the last frame; at most one request is under way, and what comes back late is dropped by its id.

const OVERSCAN = 0.1        // share of the view that a frame holds beyond each edge
const ZOOM_STEP = 1.0018    // factor a wheel pixel
const MAX_DPR = 2
const SPINNER_AFTER = 120   // ms a frame may be on its way before the page says so
const HOVER_AFTER = 110     // ms of rest before the server is asked what is under the pointer
const TAP_SLACK = 5         // CSS pixels that a tap may tremble

export function render({ model, el }) {
  const root = build()
  const { canvas, spinner, tip, labels, ring, problem } = root.parts
  const context = canvas.getContext("2d", { alpha: false })
  let view = null, frame = null, requested = 0, inFlight = 0, pendingView = false, drag = null
  let hoverTimer = 0, spinnerTimer = 0, wheelAt = 0, painted = false, pointers = new Map(), selected = null

  // ---- view ---------------------------------------------------------------------------------------------------
  const size = () => ({ w: Math.max(1, root.clientWidth), h: Math.max(1, root.clientHeight) })
  const dpr = () => Math.min(MAX_DPR, window.devicePixelRatio || 1)
  const toScreen = (x, y) => {
    const { w, h } = size()
    return [(x - view.cx) * view.scale + w / 2, (view.cy - y) * view.scale + h / 2]
  }
  const toLayout = (px, py) => {
    const { w, h } = size()
    return [view.cx + (px - w / 2) / view.scale, view.cy - (py - h / 2) / view.scale]
  }
  function homeView() {
    const [x0, y0, x1, y1] = model.extent
    const { w, h } = size()
    const scale = Math.min(w / (x1 - x0), h / (y1 - y0))
    return { cx: (x0 + x1) / 2, cy: (y0 + y1) / 2, scale }
  }
  function limit() {
    const home = homeView()
    view.scale = Math.min(Math.max(view.scale, home.scale * 0.6), home.scale * model.max_zoom)
    const [x0, y0, x1, y1] = model.extent
    view.cx = Math.min(Math.max(view.cx, x0), x1)
    view.cy = Math.min(Math.max(view.cy, y0), y1)
  }
  function zoomAt(px, py, factor) {
    const [x, y] = toLayout(px, py)
    view.scale *= factor
    limit()
    const { w, h } = size()
    view.cx = x - (px - w / 2) / view.scale
    view.cy = y + (py - h / 2) / view.scale
    limit()
    changed()
  }
  function panBy(dx, dy) {
    view.cx -= dx / view.scale
    view.cy += dy / view.scale
    limit()
    changed()
  }
  function goHome() { view = homeView(); changed() }
  function changed() { hideTip(); draw(); ask() }

  // ---- frames -------------------------------------------------------------------------------------------------
  function ask() {
    if (inFlight) { pendingView = true; return }
    const { w, h } = size(), half = { x: w / view.scale * (0.5 + OVERSCAN), y: h / view.scale * (0.5 + OVERSCAN) }
    requested += 1
    inFlight = requested
    pendingView = false
    root.dataset.requested = requested
    root.dataset.scale = view.scale.toFixed(3)
    clearTimeout(spinnerTimer)
    spinnerTimer = setTimeout(() => { spinner.hidden = false }, SPINNER_AFTER)
    model.send_msg({
      type: "view", id: requested, dpr: dpr(), width: Math.round(w * (1 + 2 * OVERSCAN)),
      height: Math.round(h * (1 + 2 * OVERSCAN)),
      x0: view.cx - half.x, y0: view.cy - half.y, x1: view.cx + half.x, y1: view.cy + half.y,
    })
  }
  async function receive(message) {
    const blob = new Blob([message.picture], { type: message.mime })
    let bitmap
    try { bitmap = await createImageBitmap(blob) } catch { return finish(message.id) }
    if (frame && message.serial < frame.serial) { bitmap.close(); return finish(message.id) }
    frame?.bitmap.close()
    frame = { ...message, bitmap, picture: null }
    finish(message.id)
    draw()
    const final = !inFlight && !pendingView
    requestAnimationFrame(() => {
      root.dataset.frame = message.id
      root.dataset.serial = message.serial
      root.dataset.level = message.level
      root.dataset.drawn = message.drawn
      if (final && wheelAt) { root.dataset.latency = (performance.now() - wheelAt).toFixed(1); wheelAt = 0 }
    })
  }
  function finish(id) {
    if (id < inFlight) { return }
    inFlight = 0
    clearTimeout(spinnerTimer)
    spinner.hidden = true
    if (pendingView) { ask() }
  }
  function draw() {
    if (painted) { return }
    painted = true
    requestAnimationFrame(() => { painted = false; paint() })
  }
  function paint() {
    if (!view) { return }
    const { w, h } = size(), ratio = dpr()
    if (canvas.width !== Math.round(w * ratio) || canvas.height !== Math.round(h * ratio)) {
      canvas.width = Math.round(w * ratio); canvas.height = Math.round(h * ratio)
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0)
    context.fillStyle = model.ground
    context.fillRect(0, 0, w, h)
    if (frame) {
      const [left, top] = toScreen(frame.x0, frame.y1), [right, bottom] = toScreen(frame.x1, frame.y0)
      // A frame at its own scale falls on whole pixels and is copied, not smoothed.
      const exact = Math.abs((right - left) - frame.width) < 0.5
      context.imageSmoothingEnabled = !exact
      const at = exact ? [Math.round(left * ratio) / ratio, Math.round(top * ratio) / ratio, frame.width, frame.height]
        : [left, top, right - left, bottom - top]
      context.drawImage(frame.bitmap, ...at)
    }
    placeLabels()
    placeRing()
  }

  // ---- names over clusters, and the ring around the chosen picture ---------------------------------------------
  function buildLabels() {
    labels.replaceChildren(...model.labels.map((entry) => {
      const node = document.createElement("div")
      node.className = "label"
      node.textContent = entry.text
      return node
    }))
  }
  function placeLabels() {
    const { w, h } = size(), taken = []
    model.labels.forEach((entry, index) => {
      const node = labels.children[index]
      if (!node) { return }
      const [x, y] = toScreen(entry.x, entry.y)
      const width = node.offsetWidth || entry.text.length * 8, box = [x - width / 2 - 6, y - 14, x + width / 2 + 6, y + 14]
      const inside = model.show_labels && box[0] > 0 && box[2] < w && box[1] > 0 && box[3] < h
      const free = taken.every((b) => b[2] < box[0] || b[0] > box[2] || b[3] < box[1] || b[1] > box[3])
      node.style.visibility = inside && free ? "visible" : "hidden"
      if (inside && free) {
        taken.push(box)
        node.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px) translate(-50%, -50%)`
      }
    })
  }
  function placeRing() {
    const cell = model.selected_cell
    ring.hidden = !(cell && cell.length === 4)
    if (ring.hidden) { return }
    const [left, top] = toScreen(cell[0], cell[3]), [right, bottom] = toScreen(cell[2], cell[1])
    Object.assign(ring.style, { left: `${left}px`, top: `${top}px`, width: `${right - left}px`, height: `${bottom - top}px` })
  }

  // ---- pointer ------------------------------------------------------------------------------------------------
  const position = (event) => {
    const box = root.getBoundingClientRect()
    return [event.clientX - box.left, event.clientY - box.top]
  }
  root.addEventListener("wheel", (event) => {
    event.preventDefault()
    wheelAt = performance.now()
    const unit = event.deltaMode === 1 ? 33 : event.deltaMode === 2 ? size().h : 1
    const delta = Math.max(-400, Math.min(400, event.deltaY * unit))
    zoomAt(...position(event), Math.pow(ZOOM_STEP, -delta * (event.ctrlKey ? 4 : 1)))
  }, { passive: false })
  root.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || event.target.closest("button")) { return }
    root.focus({ preventScroll: true })
    root.setPointerCapture(event.pointerId)
    pointers.set(event.pointerId, position(event))
    drag = { at: position(event), moved: 0 }
  })
  root.addEventListener("pointermove", (event) => {
    const at = position(event)
    if (!pointers.has(event.pointerId)) { return hover(at) }
    const before = pointers.get(event.pointerId)
    if (pointers.size === 2) {
      const other = [...pointers].find(([id]) => id !== event.pointerId)[1]
      const distance = (p) => Math.hypot(p[0] - other[0], p[1] - other[1])
      pointers.set(event.pointerId, at)
      drag = { at, moved: TAP_SLACK + 1 }
      return zoomAt((at[0] + other[0]) / 2, (at[1] + other[1]) / 2, distance(at) / Math.max(1, distance(before)))
    }
    pointers.set(event.pointerId, at)
    if (!drag) { return }
    drag.moved = Math.max(drag.moved, Math.hypot(at[0] - drag.at[0], at[1] - drag.at[1]))
    if (drag.moved > TAP_SLACK) { root.classList.add("dragging"); panBy(at[0] - before[0], at[1] - before[1]) }
  })
  const release = (event) => {
    if (!pointers.delete(event.pointerId)) { return }
    root.classList.remove("dragging")
    if (event.type === "pointerup" && drag && drag.moved <= TAP_SLACK) { tap(...position(event)) }
    if (!pointers.size) { drag = null }
  }
  root.addEventListener("pointerup", release)
  root.addEventListener("pointercancel", release)
  root.addEventListener("pointerleave", hideTip)
  root.addEventListener("dblclick", (event) => {
    if (!event.target.closest("button")) { zoomAt(...position(event), event.shiftKey ? 0.5 : 2) }
  })
  function tap(px, py) {
    if (!frame) { return }
    const [x, y] = toLayout(px, py)
    model.send_msg({ type: "tap", x, y, level: frame.level })
  }
  function hover(at) {
    hideTip()
    hoverTimer = setTimeout(() => {
      if (!frame || !view) { return }
      const [x, y] = toLayout(...at)
      tip.dataset.at = at.join()
      model.send_msg({ type: "hover", x, y, level: frame.level, at: at.join() })
    }, HOVER_AFTER)
  }
  function hideTip() { clearTimeout(hoverTimer); tip.hidden = true; tip.dataset.at = "" }
  function showTip(message) {
    if (message.at !== tip.dataset.at || !message.text) { return }
    const [x, y] = message.at.split(",").map(Number), { w } = size()
    tip.firstChild.textContent = message.text
    tip.lastChild.textContent = message.more
    tip.hidden = false
    tip.style.left = `${Math.min(Math.max(8, x + 14), Math.max(8, w - tip.offsetWidth - 8))}px`
    tip.style.top = `${Math.max(8, y - tip.offsetHeight - 10)}px`
  }

  // ---- keyboard and buttons -----------------------------------------------------------------------------------
  const actions = {
    in: () => zoomAt(size().w / 2, size().h / 2, 1.5), out: () => zoomAt(size().w / 2, size().h / 2, 1 / 1.5),
    home: goHome, help: () => { root.parts.help.hidden = !root.parts.help.hidden },
  }
  root.addEventListener("click", (event) => {
    const action = event.target.closest("button")?.dataset.action
    if (action) { actions[action]() } else if (!root.parts.help.hidden) { root.parts.help.hidden = true }
  })
  const keys = {
    ArrowLeft: () => panBy(80, 0), ArrowRight: () => panBy(-80, 0), ArrowUp: () => panBy(0, 80),
    ArrowDown: () => panBy(0, -80), "+": actions.in, "=": actions.in, "-": actions.out, "0": goHome, Home: goHome,
    "?": actions.help, n: () => model.send_msg({ type: "labels" }),
    Enter: () => tap(size().w / 2, size().h / 2),
    Escape: () => { root.parts.help.hidden ? model.send_msg({ type: "close" }) : actions.help() },
  }
  root.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) { return }
    if (event.key === "Enter" && event.target.closest("button")) { return }
    event.preventDefault()
    wheelAt = 0
    keys[event.key]()
  })

  // ---- what the server says -----------------------------------------------------------------------------------
  model.on("msg:custom", (message) => {
    if (message.type === "frame") { problem.hidden = true; receive(message) }
    if (message.type === "tip") { showTip(message) }
    if (message.type === "problem") { problem.textContent = message.text; problem.hidden = false; finish(message.id) }
  })
  model.on("extent", () => { frame?.bitmap.close(); frame = null; if (size().w > 1) { goHome() } })
  model.on("labels", () => { buildLabels(); draw() })
  model.on("show_labels", draw)
  model.on("selected_cell", draw)
  model.on("ground", () => { theme(); draw() })
  const theme = () => { root.classList.toggle("dark", model.dark) }
  model.on("dark", theme)
  theme()
  buildLabels()
  const watcher = new ResizeObserver(() => {
    const { w, h } = size()
    if (w < 2 || h < 2) { return }
    if (!view) { view = homeView() }
    draw(); ask()
  })
  watcher.observe(root)
  model.on("remove", () => { watcher.disconnect(); frame?.bitmap.close(); clearTimeout(hoverTimer); clearTimeout(spinnerTimer) })
  return root
}

function build() {
  const root = node("div", "map ex-map")
  root.tabIndex = 0
  root.setAttribute("role", "application")
  root.setAttribute("aria-label", "Map of the images. Arrow keys pan, plus and minus zoom, 0 shows everything, Enter opens the picture in the middle.")
  const canvas = node("canvas"), labels = node("div", "labels"), ring = node("div", "ring"), tip = node("div", "tip")
  const spinner = node("div", "spinner ex-busy"), help = node("div", "help"), problem = node("div", "problem"), buttons = node("div", "buttons")
  tip.append(node("div", "tip-text"), node("div", "tip-more"))
  for (const part of [ring, tip, spinner, help, problem]) { part.hidden = true }
  spinner.setAttribute("role", "status")
  spinner.setAttribute("aria-label", "Drawing")
  for (const [action, sign, words] of [["in", "+", "Zoom in (+)"], ["out", "−", "Zoom out (−)"], ["home", "⌂", "Show everything (0)"], ["help", "?", "Help (?)"]]) {
    const button = node("button")
    button.textContent = sign
    button.title = words
    button.setAttribute("aria-label", words)
    button.dataset.action = action
    buttons.append(button)
  }
  const rows = [["Drag", "move the map"], ["Wheel, pinch, double click", "zoom"], ["Click a picture", "see it large, with its scores"],
    ["← → ↑ ↓", "move the map"], ["+  −", "zoom"], ["0", "show everything"], ["Enter", "open the picture in the middle"],
    ["n", "names over clusters on or off"], ["Esc", "close"]]
  const title = node("h3")
  title.textContent = "The map"
  const list = node("dl")
  for (const [key, words] of rows) {
    const dt = node("dt"), dd = node("dd")
    dt.textContent = key
    dd.textContent = words
    list.append(dt, dd)
  }
  const text = node("p")
  text.textContent = "Similar pictures lie near each other. Each cell shows one of the images that lie there; dimmed pictures do not pass the filters. Distances between far groups mean little."
  help.append(title, list, text)
  problem.setAttribute("role", "alert")
  root.append(canvas, labels, ring, spinner, tip, buttons, help, problem)
  root.parts = { canvas, labels, ring, tip, spinner, help, problem }
  return root
}

function node(tag, classes) {
  const element = document.createElement(tag)
  if (classes) { element.className = classes }
  return element
}
