// The map in the browser: holds one picture, moves it under the pointer, asks the server for the next.
//
// The view is a centre (cx, cy) in layout units, y up, and a scale in CSS pixels a unit. Every change of the view is
// drawn at once from the last frame and asked for at once, once an animation frame at most. The server answers the newest
// wish only; it is told of every frame that was taken, and never has more than two on their way.

import { makeConnection } from "./map_connection.js"
import { makeMapKeys } from "./map_keys.js"
import { makeLabels } from "./map_labels.js"
import { makeNothing } from "./map_nothing.js"
import { drawOriginal, fillLegend, makeCards } from "./map_overlays.js"
import { build } from "./map_page.js"
import { Selecting } from "./map_selection.js"

const OVERSCAN = 0.1 // share of the view that a frame holds beyond each edge
const ZOOM_STEP = 1.0018 // factor a wheel pixel
const FILL = 0.92 // share of the window that one picture fills at the largest zoom
const CARD_FROM = 150 // CSS pixels from which a picture has room for words
const MAX_DPR = 2
const MOST_UNANSWERED = 3 // wishes under way; a server that is behind would only fall further behind by more
const SPINNER_AFTER = 120 // ms a frame may be on its way before the page says so
const HOVER_AFTER = 110 // ms of rest before the server is asked what is under the pointer
const ROOMLESS = 1000 // ms without any room after which the window's width is told without a frame
const TAP_SLACK = 5 // CSS pixels that a tap may tremble

export function render({ model, view: component }) {
  const root = build()
  const { canvas, spinner, preparing, tip, ring, problem, legend, buttons } = root.parts
  const context = canvas.getContext("2d", { alpha: false })
  const labels = makeLabels(root.parts.labels),
    cards = makeCards(root.parts.cards)
  let view = null,
    frame = null,
    backdrop = null,
    originals = [],
    newest = 0,
    requested = 0,
    answered = 0,
    asked = false,
    pendingView = false,
    fresh = true,
    frozen = false,
    drag = null
  let hoverTimer = 0,
    spinnerTimer = 0,
    wheelAt = 0,
    painted = false,
    pointers = new Map()

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
    const { w, h } = size(),
      closest = Math.max(home.scale, (FILL * Math.min(w, h)) / model.finest_cell)
    view.scale = Math.min(Math.max(view.scale, home.scale * 0.6), closest)
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
  // The chosen picture as large as the window lets it be.
  function fill() {
    const place = model.selected_place
    if (place?.length !== 2) {
      return
    }
    const [x0, y0] = model.square,
      side = model.finest_cell
    const [cx, cy] = [x0, y0].map((origin, axis) => origin + (Math.floor((place[axis] - origin) / side) + 0.5) * side)
    view = { cx, cy, scale: Infinity }
    limit()
    changed()
  }
  const selecting = new Selecting(root, model, { toLayout, toScreen, middle: () => [size().w / 2, size().h / 2] })
  const nothing = makeNothing(root, model, goHome)
  const atHome = () => {
    const home = homeView()
    return view.scale <= home.scale && Math.abs(view.cx - home.cx) + Math.abs(view.cy - home.cy) < 1e-9
  }
  function goHome() {
    view = homeView()
    changed()
  }
  function goTo({ x, y, radius }) {
    const { w, h } = size()
    view = { cx: x, cy: y, scale: Math.min(w, h) / (3 * radius) }
    limit()
    changed()
  }
  function changed() {
    hideTip()
    nothing.hide()
    draw()
    ask()
  }

  // ---- frames -------------------------------------------------------------------------------------------------
  function ask() {
    pendingView = true
    if (asked || requested - answered >= MOST_UNANSWERED) {
      return
    }
    asked = true
    pendingView = false
    const { w, h } = size(),
      half = { x: (w / view.scale) * (0.5 + OVERSCAN), y: (h / view.scale) * (0.5 + OVERSCAN) }
    requested += 1
    root.dataset.requested = requested
    root.dataset.scale = view.scale.toFixed(3)
    spinnerTimer ||= setTimeout(() => {
      spinner.hidden = false
    }, SPINNER_AFTER)
    model.send_msg({
      type: "view",
      id: requested,
      fresh,
      dpr: dpr(),
      margin: OVERSCAN,
      width: Math.round(w * (1 + 2 * OVERSCAN)),
      height: Math.round(h * (1 + 2 * OVERSCAN)),
      x0: view.cx - half.x,
      y0: view.cy - half.y,
      x1: view.cx + half.x,
      y1: view.cy + half.y,
    })
    fresh = false
    requestAnimationFrame(() => {
      asked = false
      if (pendingView) {
        ask()
      }
    })
  }
  async function receive(message) {
    newest = Math.max(newest, message.serial)
    const bitmap = await createImageBitmap(new Blob([message.picture], { type: message.mime })).catch(() => null)
    model.send_msg({ type: "seen", serial: message.serial })
    finish(message.id)
    if (!bitmap) {
      return
    }
    if (message.layout !== model.layout_name || (frame && message.serial < frame.serial)) {
      return bitmap.close()
    }
    frozen = false
    keep({ ...message, bitmap, picture: null })
    restore()
    keys.begin()
    connection.tell(true)
    cards.build(message.cards, message.serial)
    draw()
    requestAnimationFrame(() => {
      root.dataset.frame = message.id
      root.dataset.serial = message.serial
      root.dataset.level = message.level
      root.dataset.drawn = message.drawn
      if (message.id === requested && !pendingView) {
        nothing.show(message, atHome())
      }
      if (message.id === requested && !pendingView && wheelAt) {
        root.dataset.latency = (performance.now() - wheelAt).toFixed(1)
        wheelAt = 0
      }
    })
  }
  // The widest frame of the same content stays behind the newest: what zooming out lays bare is coarse, not empty.
  function keep(next) {
    const wider = (a, b) => a.x1 - a.x0 > b.x1 - b.x0
    if (backdrop && (backdrop.era !== next.era || !wider(backdrop, next))) {
      backdrop.bitmap.close()
      backdrop = null
    }
    if (frame && frame.era === next.era && wider(frame, next) && (!backdrop || wider(frame, backdrop))) {
      backdrop?.bitmap.close()
      backdrop = frame
    } else {
      frame?.bitmap.close()
    }
    frame = next
    dropOriginals(next.serial)
  }
  function dropOriginals(except) {
    originals.forEach((entry) => {
      if (entry.serial !== except) {
        entry.bitmap.close()
      }
    })
    originals = originals.filter((entry) => entry.serial === except)
  }
  function dropFrames() {
    for (const held of [frame, backdrop]) {
      held?.bitmap.close()
    }
    frame = backdrop = null
    dropOriginals()
    cards.build([])
  }
  async function receiveOriginal(message) {
    let bitmap
    try {
      bitmap = await createImageBitmap(new Blob([message.picture]))
    } catch {
      return
    }
    // A small original may be decoded before the frame that it belongs to.
    if (message.serial !== newest) {
      return bitmap.close()
    }
    originals.push({ bitmap, box: message.box, serial: message.serial })
    root.dataset.originals = originals.length
    draw()
  }
  function finish(id) {
    answered = Math.max(answered, id)
    if (pendingView) {
      ask()
    }
    if (answered < requested) {
      return
    }
    clearTimeout(spinnerTimer)
    spinnerTimer = 0
    spinner.hidden = true
  }
  function draw() {
    if (painted) {
      return
    }
    painted = true
    requestAnimationFrame(() => {
      painted = false
      paint()
    })
  }
  // What benchmarks and tests read: how often was painted, and how many bytes of pictures are held.
  function note() {
    const held = [frame, backdrop, ...originals]
      .filter(Boolean)
      .map((entry) => entry.bitmap.width * entry.bitmap.height * 4)
    root.dataset.paints = Number(root.dataset.paints || 0) + 1
    root.dataset.held = held.reduce((sum, bytes) => sum + bytes, canvas.width * canvas.height * 4)
  }
  function paint() {
    if (!view || frozen) {
      return
    }
    note()
    const { w, h } = size(),
      ratio = dpr()
    if (canvas.width !== Math.round(w * ratio) || canvas.height !== Math.round(h * ratio)) {
      canvas.width = Math.round(w * ratio)
      canvas.height = Math.round(h * ratio)
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0)
    context.fillStyle = model.ground
    context.fillRect(0, 0, w, h)
    for (const held of [backdrop, frame]) {
      if (held) {
        paintFrame(held, ratio)
      }
    }
    for (const entry of originals.filter((one) => one.serial === frame?.serial)) {
      const [left, top, width, height] = onScreen(entry.box)
      drawOriginal(context, entry.bitmap, left, top, width, height, model.ground)
    }
    cards.place(toScreen, CARD_FROM * 0.8)
    placeLabels()
    placeRing()
    selecting.place()
  }
  function paintFrame(held, ratio) {
    const [left, top, width, height] = onScreen([held.x0, held.y0, held.x1, held.y1])
    // A frame at its own scale falls on whole pixels and is copied, not smoothed.
    const exact = Math.abs(width - held.width) < 0.5
    context.imageSmoothingEnabled = !exact
    const at = exact
      ? [Math.round(left * ratio) / ratio, Math.round(top * ratio) / ratio, held.width, held.height]
      : [left, top, width, height]
    context.fillRect(...at)
    context.drawImage(held.bitmap, ...at)
  }
  function onScreen([x0, y0, x1, y1]) {
    const [left, top] = toScreen(x0, y1),
      [right, bottom] = toScreen(x1, y0)
    return [left, top, right - left, bottom - top]
  }

  // ---- names over clusters, and the ring around the chosen picture ---------------------------------------------
  function placeLabels() {
    const { w, h } = size(),
      taken = [[w - 60, 0, w, 310]] // the buttons
    if (!legend.hidden) {
      taken.push([0, h - legend.offsetHeight - 16, legend.offsetWidth + 16, h])
    }
    labels.place(toScreen, view.scale, { w, h }, model.show_labels, taken)
  }
  function placeRing() {
    const place = model.selected_place
    ring.hidden = !(frame && place && place.length === 2)
    if (ring.hidden) {
      return
    }
    // Around the cell that holds the chosen image at the level on screen, whichever picture is in front there.
    const [x0, y0, whole] = model.square,
      side = whole / 2 ** frame.level
    const left0 = x0 + Math.floor((place[0] - x0) / side) * side,
      bottom0 = y0 + Math.floor((place[1] - y0) / side) * side
    const [left, top, width, height] = onScreen([left0, bottom0, left0 + side, bottom0 + side])
    Object.assign(ring.style, { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` })
  }

  // ---- pointer ------------------------------------------------------------------------------------------------
  const position = (event) => {
    const box = root.getBoundingClientRect()
    return [event.clientX - box.left, event.clientY - box.top]
  }
  root.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault()
      wheelAt = performance.now()
      const unit = event.deltaMode === 1 ? 33 : event.deltaMode === 2 ? size().h : 1
      const delta = Math.max(-400, Math.min(400, event.deltaY * unit))
      zoomAt(...position(event), Math.pow(ZOOM_STEP, -delta * (event.ctrlKey ? 4 : 1)))
    },
    { passive: false },
  )
  root.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || event.target.closest("button")) {
      return
    }
    root.focus({ preventScroll: true })
    root.setPointerCapture(event.pointerId)
    pointers.set(event.pointerId, position(event))
    drag = { at: position(event), moved: 0 }
    if (pointers.size === 1) {
      selecting.down(event, position(event))
    } else {
      selecting.cancel()
    }
  })
  root.addEventListener("pointermove", (event) => {
    const at = position(event)
    if (!pointers.has(event.pointerId)) {
      return hover(at)
    }
    const before = pointers.get(event.pointerId)
    if (pointers.size === 2) {
      const other = [...pointers].find(([id]) => id !== event.pointerId)[1]
      const distance = (p) => Math.hypot(p[0] - other[0], p[1] - other[1])
      pointers.set(event.pointerId, at)
      drag = { at, moved: TAP_SLACK + 1 }
      return zoomAt((at[0] + other[0]) / 2, (at[1] + other[1]) / 2, distance(at) / Math.max(1, distance(before)))
    }
    pointers.set(event.pointerId, at)
    if (!drag || selecting.move(at)) {
      return
    }
    drag.moved = Math.max(drag.moved, Math.hypot(at[0] - drag.at[0], at[1] - drag.at[1]))
    if (drag.moved > TAP_SLACK) {
      root.classList.add("dragging")
      panBy(at[0] - before[0], at[1] - before[1])
    }
  })
  const release = (event) => {
    if (!pointers.delete(event.pointerId)) {
      return
    }
    root.classList.remove("dragging")
    const drawn = selecting.up(event)
    if (!drawn && event.type === "pointerup" && drag && drag.moved <= TAP_SLACK) {
      tap(...position(event), event.ctrlKey || event.metaKey)
    }
    if (!pointers.size) {
      drag = null
    }
  }
  root.addEventListener("pointerup", release)
  root.addEventListener("pointercancel", release)
  root.addEventListener("pointerleave", hideTip)
  root.addEventListener("dblclick", (event) => {
    if (!event.target.closest("button") && !selecting.mode()) {
      zoomAt(...position(event), event.shiftKey ? 0.5 : 2)
    }
  })
  function tap(px, py, mark = false) {
    if (!frame) {
      return
    }
    const [x, y] = toLayout(px, py)
    model.send_msg({ type: mark ? "mark" : "tap", x, y, level: frame.level })
  }
  function hover(at) {
    hideTip()
    hoverTimer = setTimeout(() => {
      if (!frame || !view) {
        return
      }
      const [x, y] = toLayout(...at)
      tip.dataset.at = at.join()
      model.send_msg({ type: "hover", x, y, level: frame.level, at: at.join() })
    }, HOVER_AFTER)
  }
  function hideTip() {
    clearTimeout(hoverTimer)
    tip.hidden = true
    tip.dataset.at = ""
  }
  function showTip(message) {
    if (message.at !== tip.dataset.at || !message.text) {
      return
    }
    const [x, y] = message.at.split(",").map(Number),
      { w } = size()
    tip.firstChild.textContent = message.text
    tip.lastChild.textContent = message.more
    tip.hidden = false
    tip.style.left = `${Math.min(Math.max(8, x + 14), Math.max(8, w - tip.offsetWidth - 8))}px`
    tip.style.top = `${Math.max(8, y - tip.offsetHeight - 10)}px`
  }

  // ---- keyboard and buttons -----------------------------------------------------------------------------------
  const actions = {
    in: () => zoomAt(size().w / 2, size().h / 2, 1.5),
    out: () => zoomAt(size().w / 2, size().h / 2, 1 / 1.5),
    home: goHome,
    help: () => {
      root.parts.help.hidden = !root.parts.help.hidden
    },
  }
  root.addEventListener("click", (event) => {
    const action = event.target.closest("button")?.dataset.action
    if (action) {
      actions[action]()
    } else if (!root.parts.help.hidden) {
      root.parts.help.hidden = true
    }
  })
  const keys = makeMapKeys(
    root,
    model,
    {
      everywhere: {
        "+": actions.in,
        "=": actions.in,
        "-": actions.out,
        0: goHome,
        "?": actions.help,
        f: fill,
        n: () => model.send_msg({ type: "labels" }),
        ...selecting.modes,
      },
      here: {
        ArrowLeft: () => panBy(80, 0),
        ArrowRight: () => panBy(-80, 0),
        ArrowUp: () => panBy(0, 80),
        ArrowDown: () => panBy(0, -80),
        Home: goHome,
        Enter: () => tap(size().w / 2, size().h / 2),
        s: () => tap(size().w / 2, size().h / 2, true),
        ...selecting.keys,
        Escape: () => {
          if (!selecting.leave()) {
            model.send_msg({ type: "close" })
          }
        },
      },
    },
    () => {
      wheelAt = 0
    },
  )

  // ---- what the server says -----------------------------------------------------------------------------------
  model.on("msg:custom", (message) => {
    if (message.type === "frame") {
      problem.hidden = true
      receive(message)
    }
    if (message.type === "original") {
      receiveOriginal(message)
    }
    if (message.type === "note") {
      cards.note(message)
    }
    if (message.type === "mode") {
      selecting.setMode(message.mode)
      root.focus({ preventScroll: true })
    }
    if (message.type === "go" && view) {
      goTo(message)
    }
    if (message.type === "tip") {
      showTip(message)
    }
    if (message.type === "selected") {
      selecting.answered(message)
    }
    if (message.type === "tapped") {
      root.dataset.met = message.met ? "yes" : ""
      root.dataset.tapped = Number(root.dataset.tapped ?? 0) + 1
    }
    if (message.type === "problem") {
      say(message.text)
      finish(message.id)
    }
  })
  function say(text) {
    problem.textContent = text
    problem.hidden = false
  }
  // What is on screen stays until there is a frame of the new layout; it is the last of the properties to change.
  model.on("layout_name", () => {
    frozen = frame !== null
    dropFrames()
    if (size().w < 2) {
      return
    }
    begin()
    changed()
  })
  model.on("preparing", () => {
    preparing.textContent = model.preparing
    preparing.hidden = !model.preparing
  })
  model.on("labels", () => {
    labels.build(model.labels)
    draw()
  })
  model.on("legend", () => {
    fillLegend(legend, model.legend)
    draw()
  })
  model.on("show_labels", draw)
  model.on("selected_place", draw)
  model.on("ground", () => {
    theme()
    draw()
  })
  const theme = () => {
    root.classList.toggle("dark", model.dark)
  }
  model.on("dark", theme)
  theme()
  labels.build(model.labels)
  fillLegend(legend, model.legend)
  const connection = makeConnection(model, component?.model?.document, say, () => ({
    ...view,
    layout: model.layout_name,
  }))
  let kept = connection.kept(),
    keptView = kept?.view
  // After the first frame: before it, other parts of the page are not all there to hear of what comes back.
  function restore() {
    if (kept) {
      model.send_msg({ type: "restore", session: kept.session })
    }
    kept = null
  }
  function begin() {
    view = homeView()
    // What was kept is of the layout that was on screen, which comes back a little later than the page.
    const fits = keptView?.layout === model.layout_name && [keptView.scale, keptView.cx, keptView.cy].every(isFinite)
    if (fits) {
      view = { ...keptView }
      keptView = null
      limit()
    }
  }
  let lastHome = null,
    roomless = 0
  const watcher = new ResizeObserver(() => {
    const { w, h } = size(),
      away = w < 2 || h < 2
    root.classList.toggle("away", away)
    clearTimeout(roomless)
    // A window narrower than the filters leaves the map no room, so that no first frame will ever tell the width.
    if (away) {
      roomless = setTimeout(() => connection.tell(true), ROOMLESS)
      return
    }
    // Who looks at everything goes on doing so when the side panel takes some of the room.
    const home = homeView(),
      stayed = lastHome && ["cx", "cy", "scale"].every((name) => view[name] === lastHome[name])
    lastHome = home
    if (!view) {
      begin()
    } else if (stayed) {
      view = { ...home }
    }
    draw()
    ask()
  })
  watcher.observe(root)
  // A page that slept may have missed what was sent meanwhile.
  const awake = () => {
    if (!document.hidden && view) {
      fresh = true
      asked = false
      answered = requested
      ask()
    }
  }
  document.addEventListener("visibilitychange", awake)
  model.on("remove", () => {
    watcher.disconnect()
    document.removeEventListener("visibilitychange", awake)
    keys.end()
    connection.end()
    dropFrames()
    for (const timer of [hoverTimer, spinnerTimer, roomless]) {
      clearTimeout(timer)
    }
  })
  return root
}
