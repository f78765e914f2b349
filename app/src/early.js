'use strict'
// What a person does before the page is live, or after it has stopped, counts. Listeners in the capturing phase, ahead of the page's own.
;(() => {
  /** How long a click waits for the page before its link is followed, which works without the page. */
  const PATIENCE_MS = 8000
  /** Messages that no answer has acknowledged, oldest first. */
  const waiting = []
  /** What was clicked and needs the page to be live: the last counts. */
  let pressed
  let live = false
  let failed = false
  let sending = false

  // RFC 9562, version 7.
  const uuid = () => {
    const bytes = crypto.getRandomValues(new Uint8Array(16))
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
    const time = Date.now().toString(16).padStart(12, '0')
    return `${time.slice(0, 8)}-${time.slice(8)}-7${hex.slice(0, 3)}-a${hex.slice(3, 6)}-${hex.slice(6, 18)}`
  }

  /** One line below the page; none without a text. */
  const say = (text) => {
    let line = document.getElementById('early')
    if (!line && text) {
      line = document.createElement('p')
      line.id = line.className = 'early'
      line.setAttribute('role', 'status')
      document.body.append(line)
    }
    if (line) line.textContent = text
    if (line && !text) line.remove()
  }

  const post = (path, body) =>
    fetch(path, { method: 'POST', keepalive: true, headers: { 'content-type': 'application/json' }, body: body && JSON.stringify(body) })

  /** One after the other, so that they are stored in order. Sending again is safe: the server knows a message by its client_id. */
  const send = async () => {
    if (sending) return
    sending = true
    while (waiting.length && !live) {
      const { room_id, ...message } = waiting[0]
      const path = `/api/messages/room/${room_id}`
      let answer = await post(path, message).catch(() => {})
      if (answer?.status === 401 && (await post('/api/auth/refresh').catch(() => {}))?.ok) answer = await post(path, message).catch(() => {})
      if (live) break
      if (answer?.ok) {
        waiting.shift()
        say(failed ? 'Sent. Reload the page to see it among the others.' : '')
      } else if (answer && answer.status < 500 && answer.status !== 429) {
        waiting.shift()
        const area = document.getElementById('composer')
        if (area && !area.value) area.value = message.body
        say(`Not sent: ${(await answer.json().catch(() => ({}))).message ?? 'sign in again.'}`)
      } else {
        say('Not sent yet: waiting for the server.')
        await new Promise((done) => setTimeout(done, 2000))
      }
    }
    sending = false
  }

  const submit = (event, form) => {
    event.preventDefault()
    event.stopImmediatePropagation()
    const area = form.elements.body
    const body = area.value.trim()
    if (!body) return
    area.value = ''
    waiting.push({ room_id: form.dataset.room, client_id: uuid(), body })
    say(`Sending “${body.slice(0, 100)}”`)
    send()
  }

  const fail = () => {
    if (live || failed) return
    failed = true
    say('A part of this page could not be loaded. You can read and write; reload it for the rest.')
    if (pressed?.href) location.assign(pressed.href)
  }

  addEventListener('keydown', (event) => {
    const { target, key, shiftKey, isComposing, keyCode } = event
    if (live || target.id !== 'composer' || key !== 'Enter' || shiftKey || isComposing || keyCode === 229) return
    submit(event, target.form)
  }, true)
  addEventListener('submit', (event) => {
    if (!live && event.target.dataset.room) submit(event, event.target)
  }, true)
  addEventListener('click', (event) => {
    if (live) return
    const control = event.target.closest('[aria-haspopup=dialog]')
    if (!control || (failed && control.href)) return
    event.preventDefault()
    event.stopImmediatePropagation()
    pressed = control
    control.setAttribute('aria-busy', 'true')
    if (control.href) setTimeout(() => pressed === control && location.assign(control.href), PATIENCE_MS)
  }, true)
  addEventListener('unhandledrejection', fail)
  addEventListener('error', fail, true)

  window.early = {
    /** The page is live: it sends what waits, and shows what was asked for. */
    take() {
      live = true
      say('')
      const control = pressed
      pressed = undefined
      control?.removeAttribute('aria-busy')
      if (control) setTimeout(() => control.click())
      return waiting.splice(0).map(({ room_id, client_id, body }) => [room_id, client_id, body])
    },
    /** The page has stopped. */
    resume() {
      live = false
      failed = true
    },
  }
})()
