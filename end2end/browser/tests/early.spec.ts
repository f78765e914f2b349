// What a person does at the first paint, before the page is live, counts; so does what they do on a page that never becomes live.
import type { Page } from '@playwright/test'
import { type Person, expect, test } from '../support/test'

/** How often what depends on the moment is tried. EARLY_TRIES=50 for a measurement. */
const TRIES = Number(process.env.EARLY_TRIES ?? 3)
/** As Lighthouse throttles: round trips of 562 ms, 1.44 Mbit/s down, 675 kbit/s up. */
const SLOW_4G = { offline: false, latency: 562, downloadThroughput: 180_000, uploadThroughput: 84_375 }

/** Holds the code back; the returned function lets it come. */
async function hold(page: Page): Promise<() => void> {
  let release = (): void => {}
  const released = new Promise<void>((done) => (release = done))
  await page.route('**/*.wasm', async (route) => {
    await released
    await route.continue()
  })
  return release
}

async function bodies(person: Person): Promise<string[]> {
  const room = new URL(person.page.url()).pathname.split('/').at(-1)
  const { messages } = await person.api<{ messages: { body: string; kind: string }[] }>('GET', `/api/messages/room/${room}`)
  return messages.filter(({ kind }) => kind === 'text').map(({ body }) => body)
}

/** A person without a service worker, which would have the code already, in a room. */
async function inARoom(signUp: (name: string, options?: object) => Promise<Person>): Promise<Person> {
  const ada = await signUp('ada', { serviceWorkers: 'block' })
  await ada.open('General')
  return ada
}

test('messages that are sent before the page is live are stored at once, in order, and shown once', async ({ signUp }) => {
  const ada = await inARoom(signUp)
  const release = await hold(ada.page)
  await ada.page.reload({ waitUntil: 'commit' })
  for (const text of ['one', 'two', 'three']) {
    await ada.composer.pressSequentially(text)
    await ada.composer.press('Enter')
    await expect(ada.composer).toHaveValue('')
  }
  await expect.poll(() => bodies(ada)).toEqual(['one', 'two', 'three'])
  release()
  await expect.poll(() => ada.texts(/^(one|two|three|four)$/)).toEqual(['one', 'two', 'three'])
  await ada.say('four')
  await expect.poll(() => ada.texts(/^(one|two|three|four)$/)).toEqual(['one', 'two', 'three', 'four'])
  expect(await bodies(ada)).toEqual(['one', 'two', 'three', 'four'])
})

test('a message that cannot leave before the page is live leaves once it is', async ({ signUp }) => {
  const ada = await inARoom(signUp)
  const release = await hold(ada.page)
  await ada.page.route('**/api/messages/room/*', (route) => (route.request().method() === 'POST' ? route.abort() : route.continue()))
  await ada.page.reload({ waitUntil: 'commit' })
  await ada.composer.pressSequentially('without a way out')
  await ada.page.getByRole('button', { name: 'Send' }).click()
  await expect(ada.page.getByText('Not sent yet: waiting for the server.')).toBeVisible()
  release()
  await expect(ada.message('without a way out')).toHaveCount(1)
  await expect(ada.page.getByText('Not sent yet: waiting for the server.')).toHaveCount(0)
  await expect.poll(() => bodies(ada)).toEqual(['without a way out'])
})

test('what is typed is kept when the page becomes live, with focus and selection', async ({ signUp }) => {
  const ada = await inARoom(signUp)
  const release = await hold(ada.page)
  await ada.page.reload({ waitUntil: 'commit' })
  await ada.composer.pressSequentially('half a sentence')
  await ada.composer.evaluate((area: HTMLTextAreaElement) => area.setSelectionRange(5, 6))
  const dialog = ada.page.getByRole('dialog', { name: 'New chat' })
  release()
  await ada.page.waitForFunction(() => performance.getEntriesByType('resource').some(({ name }) => name.includes('split_starting')))
  await expect(ada.composer).toHaveValue('half a sentence')
  await expect(ada.composer).toBeFocused()
  expect(await ada.composer.evaluate((area: HTMLTextAreaElement) => [area.selectionStart, area.selectionEnd])).toEqual([5, 6])
  await expect(dialog).toHaveCount(0)
  await ada.composer.press('Enter')
  await expect(ada.message('half a sentence')).toHaveCount(1)
})

test('a click before the page is live opens its dialog once it is', async ({ signUp }) => {
  const ada = await inARoom(signUp)
  for (const [control, dialog] of [['New chat', 'New chat'], ['Public rooms', 'Public rooms'], ['Room details', 'Room details']]) {
    const release = await hold(ada.page)
    await ada.page.reload({ waitUntil: 'commit' })
    await ada.page.getByLabel(control).or(ada.page.getByText(control, { exact: true })).first().click()
    release()
    await expect(ada.page.getByRole('dialog', { name: dialog }), control).toBeVisible()
    await ada.page.unrouteAll({ behavior: 'wait' })
  }
})

test('a page whose code does not come says so; messages are sent, and a chat is started', async ({ signUp }) => {
  const bob = await signUp('bob')
  const ada = await inARoom(signUp)
  ada.page.removeAllListeners('pageerror')
  ada.page.removeAllListeners('console')
  await ada.page.route('**/*.wasm', (route) => route.abort())
  await ada.page.reload({ waitUntil: 'commit' })
  await expect(ada.page.getByText('A part of this page could not be loaded.')).toBeVisible()
  await ada.composer.fill('still here')
  await ada.composer.press('Enter')
  await expect(ada.page.getByText('Sent. Reload the page to see it among the others.')).toBeVisible()
  expect(await bodies(ada)).toEqual(['still here'])
  await ada.page.getByRole('link', { name: 'New chat' }).click()
  await ada.page.getByLabel('Search people').fill('bob')
  await ada.page.getByRole('button', { name: 'Search' }).click()
  await ada.page.getByRole('button', { name: 'Chat with @bob' }).click()
  await expect(ada.page.getByRole('heading', { level: 1, name: bob.shown })).toBeVisible()
})

test.describe('without JavaScript', () => {
  test('a message is sent and shown, and shown again with the reason where it was not stored', async ({ signUp, browser, node }) => {
    const ada = await signUp('ada')
    await ada.open('General')
    const context = await browser.newContext({ baseURL: node.url, javaScriptEnabled: false, storageState: await ada.page.context().storageState() })
    const page = await context.newPage()
    await page.goto(new URL(ada.page.url()).pathname)
    await page.getByRole('textbox', { name: /^Message to/ }).fill('no scripts')
    await page.getByRole('button', { name: 'Send' }).click()
    await expect(page.getByRole('log').getByText('no scripts', { exact: true })).toHaveCount(1)
    await page.getByRole('textbox', { name: /^Message to/ }).fill('x'.repeat(8_001))
    await page.getByRole('button', { name: 'Send' }).click()
    await expect(page.getByRole('alert')).toContainText('must have 1 to 8000 characters')
    await expect(page.getByLabel('Your message')).toHaveValue('x'.repeat(8_001))
    await page.getByLabel('Your message').fill('shorter')
    await page.getByRole('button', { name: 'Send again' }).click()
    await expect(page.getByRole('log').getByText('shorter', { exact: true })).toHaveCount(1)
    await expect(ada.message('shorter')).toHaveCount(1)
  })
})

test('over a slow link, text typed and a click made 100 ms after the first paint count every time', async ({ signUp }) => {
  test.setTimeout(60_000 + TRIES * 40_000)
  const ada = await inARoom(signUp)
  const url = ada.page.url()
  const session = await ada.page.context().newCDPSession(ada.page)
  const painted = (): Promise<void> =>
    ada.page.evaluate(
      () =>
        new Promise<void>((done) => {
          const seen = (list: PerformanceObserverEntryList): void => {
            if (list.getEntriesByName('first-contentful-paint').length) setTimeout(done, 100)
          }
          new PerformanceObserver(seen).observe({ type: 'paint', buffered: true })
        }),
    )
  const expected: string[] = []
  for (let number = 1; number <= TRIES; number++) {
    await session.send('Network.enable')
    await session.send('Network.setCacheDisabled', { cacheDisabled: true })
    await session.send('Network.emulateNetworkConditions', SLOW_4G)
    await ada.page.goto(url, { waitUntil: 'commit' })
    await painted()
    const text = `try ${number}`
    await ada.page.locator('#composer').focus()
    await ada.page.keyboard.type(text)
    await ada.page.keyboard.press('Enter')
    expected.push(text)
    await expect(ada.message(text)).toHaveCount(1, { timeout: 30_000 })
    await ada.page.goto(url, { waitUntil: 'commit' })
    await painted()
    await ada.page.getByText('New chat', { exact: true }).click()
    await expect(ada.page.getByRole('dialog', { name: 'New chat' })).toBeVisible({ timeout: 30_000 })
  }
  expect(await bodies(ada)).toEqual(expected)
  await expect.poll(() => ada.texts(/^try \d+$/)).toEqual(expected)
})
