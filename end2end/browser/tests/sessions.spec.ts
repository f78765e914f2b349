import { type Page } from '@playwright/test'
import { Person, expect, password, test } from '../support/test'

/** What this browser holds: records by table over all databases, kept pages, drafts. */
function held(page: Page): Promise<Record<string, number>> {
  return page.evaluate(async () => {
    const held: Record<string, number> = { pages: 0, drafts: sessionStorage.length }
    if (await caches.has('pages')) held.pages = (await (await caches.open('pages')).keys()).length
    for (const { name } of await indexedDB.databases()) {
      const database = await new Promise<IDBDatabase>((done, fail) => {
        const request = indexedDB.open(name ?? '')
        request.onsuccess = () => done(request.result)
        request.onerror = () => fail(request.error)
      })
      for (const table of database.objectStoreNames) {
        const count = database.transaction(table).objectStore(table).count()
        held[table] = await new Promise((done) => (count.onsuccess = () => done((held[table] ?? 0) + count.result)))
      }
      database.close()
    }
    return held
  })
}

/** Ends all other sessions of this person. */
async function endOthers(person: Person): Promise<void> {
  const { sessions } = await person.api<{ sessions: { id: string; current: boolean }[] }>('GET', '/api/auth/sessions')
  for (const { id, current } of sessions) if (!current) await person.api('DELETE', `/api/auth/sessions/${id}`)
}

const emptied = { facts: 0, rooms: 0, rows: 0, pages: 0 }

test('a session that ended while no page was open leaves no rooms behind', async ({ browser, signUp }) => {
  const ada = await signUp('ada')
  await ada.open('General')
  await ada.say('something')
  await expect(ada.log.getByText('Sending')).toHaveCount(0)
  await ada.composer.fill('a draft')
  await ada.isKept()
  await expect.poll(async () => (await held(ada.page)).rows).toBeGreaterThan(0)
  const elsewhere = await ada.signInElsewhere(browser)
  await ada.page.goto('about:blank')
  await endOthers(elsewhere)
  await ada.page.goto('/')
  await expect(ada.page).toHaveURL(/\/login/)
  await expect.poll(() => held(ada.page)).toMatchObject(emptied)
  // The draft is nowhere else: it waits for her.
  await ada.page.getByLabel('User name').fill('ada')
  await ada.page.getByLabel('Password').fill(password)
  await ada.page.getByRole('button', { name: 'Sign in' }).click()
  await ada.open('General')
  await expect(ada.composer).toHaveValue('a draft')
})

test('a draft is shown to its author only', async ({ signUp, browser }) => {
  await signUp('bob')
  const ada = await signUp('ada')
  await ada.open('General')
  await ada.composer.fill('for nobody else')
  const elsewhere = await ada.signInElsewhere(browser)
  await endOthers(elsewhere)
  await expect(ada.page).toHaveURL(/\/login/)
  await ada.page.getByLabel('User name').fill('bob')
  await ada.page.getByLabel('Password').fill(password)
  await ada.page.getByRole('button', { name: 'Sign in' }).click()
  await expect(ada.page).not.toHaveURL(/\/login/)
  await ada.open('General')
  await expect(ada.composer).toHaveValue('')
})

test('on a device that is not their own nothing is kept', async ({ browser, signUp }) => {
  const bob = await signUp('bob')
  const ada = await signUp('ada')
  await bob.open('General')
  const borrowed = await browser.newContext({ baseURL: ada.node.url })
  const guest = await Person.at(borrowed, ada.node, 'ada')
  await guest.page.goto('/login')
  await guest.page.getByLabel('User name').fill('ada')
  await guest.page.getByLabel('Password').fill(password)
  await guest.page.getByLabel('This is not my device.').check()
  await guest.page.getByRole('button', { name: 'Sign in' }).click()
  await guest.open('General')
  await guest.composer.fill('from an internet café')
  // Once the page is live.
  await expect(guest.page.getByRole('button', { name: 'Send' })).toBeEnabled()
  await guest.composer.press('Enter')
  await expect(bob.message('from an internet café')).toBeVisible()
  await guest.composer.fill('a draft')
  expect(await held(guest.page)).toEqual({ pages: 0, drafts: 0 })
  expect(await guest.page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length)).toBe(0)
  expect((await borrowed.cookies()).map(({ expires }) => expires)).toEqual([-1, -1])
  await ada.node.kill()
  await expect(guest.page.getByText('No connection.')).toBeVisible()
  await guest.say('waits')
  await expect(guest.page.getByText('nothing is kept on it')).toBeVisible()
})

test('a renewal that fails does not sign out', async ({ signUp }) => {
  const ada = await signUp('ada')
  await ada.open('General')
  await ada.page.route('**/api/rooms/public', (route) => route.fulfill({ status: 401, json: { error: { code: 'unauthenticated', message: 'Sign in first.' } } }))
  await ada.page.route('**/api/auth/refresh', (route) => route.fulfill({ status: 503, json: { error: { code: 'unavailable', message: 'Later.' } } }))
  await ada.page.getByRole('link', { name: 'Public rooms' }).click()
  await expect(ada.page.getByRole('dialog').getByText('The server cannot be reached.')).toBeVisible()
  await expect(ada.page).not.toHaveURL(/\/login/)
})

test('only pages of the chat are shown without a network', async ({ node, signUp }) => {
  const ada = await signUp('ada')
  await ada.open('General')
  await ada.isKept()
  const tab = await ada.page.context().newPage()
  await tab.goto('/healthz')
  await tab.goto('/favicon.svg')
  await node.kill()
  await ada.page.goto('/devices')
  await expect(ada.page.getByRole('navigation', { name: 'Rooms' })).toBeVisible()
})
