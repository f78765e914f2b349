// The service worker: without a network, pages open as they were last seen. It keeps no answer of the API.
'use strict'

const PAGES = 'pages'
const FILES = 'files'
/** So many pages are kept, those seen last. */
const MOST = 50
/** How long the network may take before a kept page is shown, in milliseconds. */
const NETWORK_TIMEOUT_MS = 4000

addEventListener('install', () => skipWaiting())

// The page that starts the worker came without it.
addEventListener('activate', (event) => {
  const start = async () => {
    await clients.claim()
    const open = await clients.matchAll({ type: 'window' })
    await Promise.allSettled(open.map(({ url }) => load(event, new URL(url).pathname)))
  }
  event.waitUntil(start())
})

addEventListener('fetch', (event) => {
  const { method, mode, url } = event.request
  const { origin, pathname } = new URL(url)
  if (method !== 'GET' || origin !== location.origin || pathname.startsWith('/api/')) return
  if (mode === 'navigate') event.respondWith(navigate(event, pathname))
  else if (pathname.startsWith('/pkg/')) event.respondWith(file(event.request))
})

async function file(request) {
  return (await caches.match(request)) || fetch(request)
}

/** From the network; a kept page where that fails, dawdles, or has a broken server at its end. */
async function navigate(event, path) {
  const loaded = load(event, path, event.request)
  const late = new Promise((done) => setTimeout(done, NETWORK_TIMEOUT_MS))
  const answer = await Promise.race([loaded, late]).catch(() => {})
  if (answer && answer.status < 500) return answer
  const pages = await caches.open(PAGES)
  const [last] = (await pages.keys()).slice(-1)
  // Any page of the chat finds its way to the address that it stands at.
  return (await pages.match(path)) || (last && (await pages.match(last))) || loaded
}

async function load(event, path, request = path) {
  const answer = await fetch(request)
  event.waitUntil(learn(path, answer.clone()).catch(() => {}))
  return answer
}

async function learn(path, answer) {
  // The sign-in page means that nobody is signed in: pages kept for the last person must not be shown to the next one.
  if (path === '/login' || path === '/register') await caches.delete(PAGES)
  else if (answer.status === 200 && !answer.redirected && (await isOfAPerson(answer.clone()))) await keep(path, answer)
}

/** Whether the page is one of the chat, of somebody who is signed in on a device of their own. */
async function isOfAPerson(page) {
  if (!page.headers.get('content-type')?.startsWith('text/html')) return false
  const [, boot] = (await page.text()).match(/ id="boot">(.*?)<\/script>/s) ?? []
  const { user, shared } = JSON.parse(boot ?? '{}')
  return Boolean(user) && !shared
}

/** Keeps a page with the files that it names. Pages and files of another build go. */
async function keep(path, page) {
  const named = new Set((await page.clone().text()).match(/\/pkg\/[\w.-]+\.(js|wasm|css)\b/g))
  // Scripts name the files of parts that come later.
  for (const name of named) {
    if (!name.endsWith('.js')) continue
    const script = await (await file(new Request(name))).text()
    for (const [, part] of script.matchAll(/"\.\/([\w-]+\.[\w-]{22}\.(?:js|wasm))"/g)) named.add(`/pkg/${part}`)
  }
  const files = await caches.open(FILES)
  const kept = (await files.keys()).map(({ url }) => new URL(url).pathname)
  const missing = [...named].filter((name) => !kept.includes(name))
  if (missing.length) {
    await files.addAll(missing)
    await caches.delete(PAGES)
    await Promise.all(kept.filter((name) => !named.has(name)).map((name) => files.delete(name)))
  }
  const pages = await caches.open(PAGES)
  await pages.delete(path)
  await pages.put(path, page)
  const paths = await pages.keys()
  await Promise.all(paths.slice(0, -MOST).map((old) => pages.delete(old)))
}
