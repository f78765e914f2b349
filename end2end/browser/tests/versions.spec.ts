import { type Page } from '@playwright/test'
import { type Person, expect, test } from '../support/test'

/** Puts a record under a key, as another version of the page would. */
function put(page: Page, key: string, record: string): Promise<void> {
  return page.evaluate(
    async ([key, record]) => {
      const [{ name }] = await indexedDB.databases()
      const request = indexedDB.open(name ?? '')
      await new Promise((done) => (request.onsuccess = done))
      const transaction = request.result.transaction('unsent', 'readwrite')
      transaction.objectStore('unsent').put(record, key)
      await new Promise((done) => (transaction.oncomplete = done))
      request.result.close()
    },
    [key, record],
  )
}

/** Tells the tabs of this browser something, as another version of the page would. */
function tell(person: Person, text: string): Promise<void> {
  return person.page.evaluate(async (text) => {
    const [{ name }] = await indexedDB.databases()
    new BroadcastChannel(name ?? '').postMessage([text])
  }, text)
}

const key = '01980000-0000-7000-8000-000000000001'

test('an unsent message that this version cannot read is shown until it is discarded', async ({ signUp }) => {
  const ada = await signUp('ada')
  await ada.open('General')
  await ada.isKept()
  await put(ada.page, key, `{"client_id":"${key}","body":"damaged but not lost"}`)
  ada.expected.push(/a stored record cannot be read/)
  await ada.page.reload()
  await expect(ada.page.getByText('damaged but not lost')).toBeVisible()
  expect(ada.complaints[0]).toContain('UnsentText: missing field `order`')
  await expect(ada.page.getByText('Not sent: this page cannot read')).toBeVisible()
  await ada.page.reload()
  await ada.page.getByRole('button', { name: 'Discard' }).click()
  await expect(ada.page.getByText('damaged but not lost')).toHaveCount(0)
  await ada.page.reload()
  await expect(ada.composer).toBeVisible()
  await expect(ada.page.getByText('damaged but not lost')).toHaveCount(0)
})

test('a frame that the page cannot read is named in the console, reported, and made up for', async ({ signUp }) => {
  const ada = await signUp('ada')
  const bob = await signUp('bob')
  ada.expected.push(/a frame of the server cannot be read/)
  const reports: string[] = []
  await ada.page.routeWebSocket(/\/ws$/, (page) => {
    const server = page.connectToServer()
    server.onMessage((text) => page.send(text.toString().replace(/^(\{"type":"message:new".*"sender_name":)"[^"]*"/, '$17')))
    page.onMessage((text) => {
      if (text.toString().includes('frame:unreadable')) reports.push(text.toString())
      server.send(text)
    })
  })
  await ada.page.reload()
  await ada.open('General')
  await bob.open('General')
  for (const text of ['one', 'two']) {
    await bob.say(text)
    await expect(ada.message(text)).toBeVisible()
  }
  const reason = 'message:new: data.message.sender_name: invalid type: integer `7`, expected a string'
  expect(ada.complaints.every((text) => text.includes(reason))).toBe(true)
  expect(ada.complaints.length).toBeGreaterThan(1)
  expect(reports).toEqual(['{"type":"frame:unreadable","data":{"kind":"message:new"}}'])
})

test('a message of a newer tab is not dropped by the older tab that sends', async ({ signUp }) => {
  const ada = await signUp('ada')
  await ada.open('General')
  await ada.isKept()
  const other = await ada.anotherTab()
  await expect(other.composer).toBeVisible()
  // Until the other tab listens: it may still be starting.
  await expect(async () => {
    await tell(ada, `{"v":99,"client_id":"${key}","body":"from the future"}`)
    for (const tab of [ada, other]) {
      await expect(tab.page.getByText('from the future')).toBeVisible({ timeout: 1_000 })
    }
  }).toPass()
  for (const tab of [ada, other]) {
    await expect(tab.page.getByText('a newer version of this page wrote this message')).toBeVisible()
  }
  // The tab that sends has answered: the one that wrote the message says why it waits.
  await expect(other.page.getByText('An older version of this page is open in another tab')).toBeVisible()
})

test('the browser is asked to keep what waits for a connection', async ({ node, signUp }) => {
  const ada = await signUp('ada')
  await ada.page.addInitScript(() => {
    navigator.storage.persist = async () => {
      document.documentElement.dataset.persist = `${Number(document.documentElement.dataset.persist ?? 0) + 1}`
      return true
    }
  })
  await ada.page.reload()
  await ada.open('General')
  await ada.say('sent at once')
  await expect(ada.log.getByText('Sending')).toHaveCount(0)
  const asked = () => ada.page.evaluate(() => document.documentElement.dataset.persist)
  expect(await asked()).toBe(undefined)
  await node.kill()
  await expect(ada.page.getByText('No connection.')).toBeVisible()
  for (const text of ['waits', 'waits too']) await ada.say(text)
  await expect.poll(asked).toBe('1')
})

test('a page that has stopped says so and can be loaded anew', async ({ browser, node, signUp }) => {
  const ada = await signUp('ada')
  await ada.open('General')
  const context = await browser.newContext({ baseURL: node.url, storageState: await ada.page.context().storageState() })
  const page = await context.newPage()
  // The page takes for granted that every browser has this: without it, it panics.
  await page.addInitScript(() => {
    if (sessionStorage.getItem('mended')) return
    window.ResizeObserver = class {
      constructor() {
        throw new Error('not here')
      }
    } as unknown as typeof ResizeObserver
  })
  await page.goto(new URL(ada.page.url()).pathname)
  await expect(page.getByText('This page has stopped working.')).toBeVisible()
  await page.evaluate(() => sessionStorage.setItem('mended', 'yes'))
  await page.getByRole('button', { name: 'Reload' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'General' })).toBeVisible()
  await expect(page.getByText('This page has stopped working.')).toHaveCount(0)
})
