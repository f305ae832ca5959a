// The map in the browser: shows one frame, moves it under the pointer, and requests the next from the server.
//
// Every change of the view is drawn at once from the last frame and requested at once. The server answers only the newest
// request. The browser reports every frame it received, and the server never sends more than two ahead.

import { hearMessages } from "../../common/elements.js"
import { originOf } from "../../common/keys.js"
import { Camera } from "./map_camera.js"
import { makeConnection } from "./map_connection.js"
import { Frames } from "./map_frames.js"
import { makeMapKeys } from "./map_keys.js"
import { makeLabels } from "./map_labels.js"
import { makeNothing } from "./map_nothing.js"
import { fillLegend, makeCards } from "./map_overlays.js"
import { build } from "./map_page.js"
import { Pointer } from "./map_pointer.js"
import { Requests } from "./map_requests.js"
import { isMode, Selecting } from "./map_selection.js"
import { Tip } from "./map_tip.js"

const CARD_FROM = 150 // CSS pixels from which a picture has room for text
const WIDTH_AFTER = 1000 // ms without space after which the window's width is sent without a frame

class MapCanvas {
  #model
  root
  #page
  #camera
  #frames
  #requests
  #labels
  #cards
  #tip
  #selecting
  #nothing
  #pointer
  #keys
  #connection
  /** @type {import("./map_connection.js").Kept | null} the state before a reload, until it is restored */
  #kept
  /** @type {import("./map_connection.js").KeptView | null} */
  #keptView
  /** @type {import("./map_camera.js").View | null} */
  #lastHome = null
  #widthTimer = 0

  /** @param {Server.MapCanvas} model @param {import("./map_connection.js").BokehDocument | undefined} bokehDocument */
  constructor(model, bokehDocument) {
    this.#model = model
    this.#page = build(model)
    const page = this.#page,
      { root } = page
    this.root = root
    this.#camera = new Camera(root, model, () => this.#moved())
    this.#labels = makeLabels(page.labels)
    this.#cards = makeCards(page.cards)
    this.#frames = new Frames(page, model, this.#camera, () => this.#placeOverlays())
    this.#requests = new Requests(page, model, this.#camera)
    this.#tip = new Tip(page, model, this.#camera, this.#frames)
    this.#selecting = new Selecting(page, model, this.#camera)
    this.#nothing = makeNothing(page, model, this.#camera.goHome)
    const tap = (/** @type {number} */ px, /** @type {number} */ py, /** @type {boolean} */ mark) =>
      this.#tap(px, py, mark)
    this.#pointer = new Pointer(root, this.#camera, { selecting: this.#selecting, tip: this.#tip, tap })
    this.#keys = this.#makeKeys()
    this.#hearServer()
    this.#followModel()
    const viewNow = () => ({ ...this.#camera.view, layout: model.layout_name })
    this.#connection = makeConnection(model, bokehDocument, (words) => this.#say(words), viewNow)
    this.#kept = this.#connection.kept()
    this.#keptView = this.#kept?.view ?? null
    this.#followPage()
  }

  #moved() {
    this.#tip.hide()
    this.#nothing.hide()
    this.#frames.draw()
    this.#requests.ask()
  }

  // ---- frames -------------------------------------------------------------------------------------------------
  /** @param {Server.FrameMessage} message */
  async #receive(message) {
    const taken = await this.#frames.take(message, () => {
      this.#model.send_msg({ type: "seen", serial: message.serial })
      this.#requests.finish(message.id)
    })
    if (!taken) {
      return
    }
    this.#restore()
    this.#keys.begin()
    this.#connection.sendWidth(true)
    this.#cards.build(message.cards, message.serial)
    this.#frames.draw()
    requestAnimationFrame(() => {
      const { dataset } = this.root
      dataset.frame = String(message.id)
      dataset.serial = String(message.serial)
      dataset.level = String(message.level)
      dataset.drawn = String(message.drawn)
      if (!this.#requests.isLatest(message.id)) {
        return
      }
      this.#nothing.show(message, this.#camera.atHome())
      if (this.#pointer.wheelAt) {
        dataset.latency = (performance.now() - this.#pointer.wheelAt).toFixed(1)
        this.#pointer.wheelAt = 0
      }
    })
  }

  // After the first frame, because other parts of the page may not be ready for messages before it.
  #restore() {
    if (this.#kept) {
      this.#model.send_msg({ type: "restore", session: this.#kept.session })
    }
    this.#kept = null
  }

  #dropFrames() {
    this.#frames.drop()
    this.#cards.build([])
  }

  // ---- over the frame ---------------------------------------------------------------------------------
  #placeOverlays() {
    this.#cards.place(this.#camera.toScreen, CARD_FROM * 0.8)
    this.#placeLabels()
    this.#placeRing()
    this.#selecting.place()
  }

  #placeLabels() {
    const { w, h } = this.#camera.size(),
      { legend } = this.#page,
      taken = [[w - 60, 0, w, 310]] // the buttons
    if (!legend.hidden) {
      taken.push([0, h - legend.offsetHeight - 16, legend.offsetWidth + 16, h])
    }
    this.#labels.place(this.#camera.toScreen, this.#camera.view.scale, { w, h }, this.#model.show_labels, taken)
  }

  // A ring around the cell of the chosen image at the level on screen, whichever picture is in front.
  #placeRing() {
    const place = this.#model.selected_place,
      frame = this.#frames.current,
      { ring } = this.#page
    ring.hidden = !frame || place.length !== 2
    if (!frame || place.length !== 2) {
      return
    }
    const [x0, y0, whole] = this.#model.square,
      side = whole / 2 ** frame.level
    const west = x0 + Math.floor((place[0] - x0) / side) * side,
      south = y0 + Math.floor((place[1] - y0) / side) * side
    const [left, top, width, height] = this.#camera.onScreen([west, south, west + side, south + side])
    Object.assign(ring.style, { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` })
  }

  // ---- keyboard and buttons -------------------------------------------------------------------------------------
  /** @param {number} px @param {number} py */
  #tap(px, py, mark = false) {
    const frame = this.#frames.current
    if (!frame) {
      return
    }
    const [x, y] = this.#camera.toLayout(px, py)
    this.#model.send_msg({ type: mark ? "mark" : "tap", x, y, level: frame.level })
  }

  #makeKeys() {
    const camera = this.#camera,
      help = this.#page.help.box
    /** @type {Record<string, () => void>} */
    const actions = {
      in: () => camera.zoomAt(...camera.middle(), 1.5),
      out: () => camera.zoomAt(...camera.middle(), 1 / 1.5),
      home: camera.goHome,
      help: () => {
        help.hidden = !help.hidden
      },
    }
    this.root.addEventListener("click", (event) => {
      const action = originOf(event)?.closest("button")?.dataset.action
      if (action) {
        actions[action]?.()
      } else if (!help.hidden) {
        help.hidden = true
      }
    })
    const keymaps = { everywhere: this.#keysEverywhere(actions), here: this.#keysHere() }
    return makeMapKeys(this.#page, this.#model, keymaps, () => {
      this.#pointer.wheelAt = 0
    })
  }

  /** @param {Record<string, () => void>} actions */
  #keysEverywhere(actions) {
    return {
      "+": actions.in,
      "=": actions.in,
      "-": actions.out,
      0: actions.home,
      "?": actions.help,
      f: () => this.#camera.fill(),
      n: () => this.#model.send_msg({ type: "labels" }),
      ...this.#selecting.modes,
    }
  }

  #keysHere() {
    const camera = this.#camera
    return {
      ArrowLeft: () => camera.panBy(80, 0),
      ArrowRight: () => camera.panBy(-80, 0),
      ArrowUp: () => camera.panBy(0, 80),
      ArrowDown: () => camera.panBy(0, -80),
      Home: camera.goHome,
      Enter: () => this.#tap(...camera.middle()),
      s: () => this.#tap(...camera.middle(), true),
      ...this.#selecting.keys,
      Escape: () => {
        if (!this.#selecting.leave()) {
          this.#model.send_msg({ type: "close" })
        }
      },
    }
  }

  // ---- messages from the server -------------------------------------------------------------------------------------
  #hearServer() {
    const { root } = this
    /** @type {Server.Handlers<Server.MapCanvasReceived>} */
    const handlers = {
      frame: (message) => {
        this.#page.problem.hidden = true
        this.#receive(message)
      },
      original: (message) => this.#frames.takeOriginal(message),
      note: (message) => {
        if ("box" in message) {
          this.#cards.note(message)
        } else {
          this.#say(message.text) // the server refused a message
        }
      },
      mode: (message) => {
        if (isMode(message.mode)) {
          this.#selecting.setMode(message.mode)
        }
        root.focus({ preventScroll: true })
      },
      go: (message) => {
        if (this.#camera.ready) {
          this.#camera.goTo(message)
        }
      },
      tip: (message) => this.#tip.show(message),
      selected: (message) => this.#selecting.answered(message),
      tapped: (message) => {
        root.dataset.met = message.met ? "yes" : ""
        root.dataset.tapped = String(Number(root.dataset.tapped ?? 0) + 1)
      },
      problem: (message) => {
        this.#say(message.text)
        this.#requests.finish(message.id)
      },
    }
    hearMessages(this.#model, handlers)
  }

  /** @param {string} words */
  #say(words) {
    const { problem } = this.#page
    problem.textContent = words
    problem.hidden = false
  }

  #followModel() {
    const model = this.#model,
      { preparing, legend } = this.#page,
      draw = () => this.#frames.draw()
    // The old frame stays until there is one of the new layout; this property changes last.
    model.on("layout_name", () => {
      this.#frames.freeze()
      this.#dropFrames()
      if (this.#camera.size().w < 2) {
        return
      }
      this.#begin()
      this.#moved()
    })
    model.on("preparing", () => {
      preparing.textContent = model.preparing
      preparing.hidden = !model.preparing
    })
    model.on("labels", () => {
      this.#labels.build(model.labels)
      draw()
    })
    model.on("legend", () => {
      fillLegend(legend, model.legend)
      draw()
    })
    model.on("show_labels", draw)
    model.on("selected_place", draw)
    model.on("ground", draw)
    this.#labels.build(model.labels)
    fillLegend(legend, model.legend)
  }

  // ---- the page around --------------------------------------------------------------------------------------------
  #begin() {
    this.#camera.view = this.#camera.home()
    // The kept view belongs to the layout before the reload, which is restored a little later than the page.
    const kept = this.#keptView
    if (kept?.layout === this.#model.layout_name && [kept.scale, kept.cx, kept.cy].every(isFinite)) {
      this.#camera.view = { ...kept }
      this.#keptView = null
      this.#camera.limit()
    }
  }

  #resized() {
    const { w, h } = this.#camera.size(),
      away = w < 2 || h < 2
    this.root.classList.toggle("away", away)
    clearTimeout(this.#widthTimer)
    // A window narrower than the filters leaves no room for the map, so no first frame would ever report the width.
    if (away) {
      this.#widthTimer = setTimeout(() => this.#connection.sendWidth(true), WIDTH_AFTER)
      return
    }
    // A view of all images stays one when the side panel takes some of the space.
    const home = this.#camera.home(),
      { view } = this.#camera,
      last = this.#lastHome
    const stayed = last && view.cx === last.cx && view.cy === last.cy && view.scale === last.scale
    this.#lastHome = home
    if (!this.#camera.ready) {
      this.#begin()
    } else if (stayed) {
      this.#camera.view = { ...home }
    }
    this.#frames.draw()
    this.#requests.ask()
  }

  #followPage() {
    const watcher = new ResizeObserver(() => this.#resized())
    watcher.observe(this.root)
    const awake = () => {
      if (!document.hidden && this.#camera.ready) {
        this.#requests.wake()
      }
    }
    document.addEventListener("visibilitychange", awake)
    this.#model.on("remove", () => {
      watcher.disconnect()
      document.removeEventListener("visibilitychange", awake)
      this.#keys.end()
      this.#connection.end()
      this.#dropFrames()
      this.#tip.end()
      this.#requests.end()
      clearTimeout(this.#widthTimer)
    })
  }
}

/** @param {{ model: Server.MapCanvas, view?: { model?: { document?: import("./map_connection.js").BokehDocument } } }} panel */
export function render({ model, view }) {
  return new MapCanvas(model, view?.model?.document).root
}
