// The pages in hand: the one that is worked on, the next, and those just left, so that one can go back.
//
// A page has items and, by draw, `marks` (what is chosen on screen) and `sent` (what the server was told).

const LEFT_BEHIND = 6

export function makePages() {
  let queue = [],
    history = [],
    at = 0

  const current = () => queue[0],
    item = () => current()?.items[at]
  function receive(message) {
    const page = queue.find((one) => one.id === message.page) ?? history.find((one) => one.id === message.page)
    const marks = Object.entries(message.marks).map(([draw, value]) => [Number(draw), value])
    if (page) {
      // answers to it were undone: what was said is shown, and is to be said again
      for (const item of message.items) {
        page.sent.delete(item.draw)
      }
      for (const [draw, value] of marks) {
        page.marks.set(draw, value)
      }
      history = history.filter((one) => one !== page)
      queue = [page, ...queue.filter((one) => one !== page)]
      at = Math.max(
        0,
        page.items.findIndex((item) => item.draw === message.items[0].draw),
      )
      return
    }
    const fresh = {
      id: message.page,
      attribute: message.attribute,
      captions: message.captions,
      items: message.items,
      marks: new Map(marks),
      sent: new Map(),
      skipped: new Set(),
    }
    if (message.first) {
      queue.unshift(fresh)
      at = 0
    } else {
      queue.push(fresh)
    }
  }
  // Images that were answered on another page are not asked on this one.
  function drop(id, draws) {
    const page = queue.find((one) => one.id === id),
      before = item()?.draw
    if (!page) {
      return
    }
    page.items = page.items.filter((one) => !draws.includes(one.draw))
    if (!page.items.length) {
      queue = queue.filter((one) => one !== page)
    }
    at = Math.max(
      0,
      (current()?.items ?? []).findIndex((one) => one.draw === before),
    )
  }
  function leave() {
    const page = queue.shift()
    at = 0
    if (page) {
      history.push(page)
    }
    if (history.length > LEFT_BEHIND) {
      history.shift()
    }
  }
  function back() {
    const page = history.pop()
    if (!page) {
      return false
    }
    queue.unshift(page)
    at = page.items.length - 1
    return true
  }
  function clear() {
    queue = []
    history = []
    at = 0
  }
  // Replies that would tell the server something new: all that is not skipped, untouched ones as `rest`.
  function replies(page, rest) {
    return page.items
      .filter((item) => !page.skipped.has(item.draw))
      .map((item) => [item.draw, page.marks.get(item.draw) ?? page.sent.get(item.draw) ?? rest])
      .filter(([draw, value]) => value && page.sent.get(draw) !== value)
  }
  return {
    current,
    receive,
    drop,
    leave,
    back,
    clear,
    replies,
    begun: () => at > 0 || queue.some((page) => page.marks.size || page.sent.size || page.skipped.size),
    all: () => [...queue, ...history],
    waiting: () => queue.slice(1),
    count: () => queue.length,
    get at() {
      return at
    },
    set at(place) {
      at = place
    },
    item,
  }
}

// Seconds of work: time while the page is in sight.
export function makeWatch() {
  let begun = performance.now(),
    gathered = 0
  const stop = () => {
    gathered += performance.now() - begun
    begun = performance.now()
  }
  const seen = () => {
    if (document.hidden) {
      stop()
    } else {
      begun = performance.now()
    }
  }
  document.addEventListener("visibilitychange", seen)
  return {
    restart() {
      begun = performance.now()
      gathered = 0
    },
    seconds() {
      return (gathered + (document.hidden ? 0 : performance.now() - begun)) / 1000
    },
    close() {
      document.removeEventListener("visibilitychange", seen)
    },
  }
}
