// Links that go silent without a close: the page says so, and catches up by itself once the link is back.
import type { Browser, BrowserContext } from '@playwright/test'
import { type Node, Person, expect, test } from '../support/test'
import { Proxy } from '../support/proxy'

const lost = 'No connection.'

/** Bob's browser reaches the server by a proxy, which is an origin of its own to him; Ada writes without one. */
async function behindProxy(browser: Browser, node: Node, run: (ada: Person, bob: Person, proxy: Proxy) => Promise<void>) {
  const proxy = await Proxy.start(node.url)
  let context: BrowserContext | undefined
  try {
    const ada = await Person.signUp(browser, node, 'ada')
    await ada.open('General')
    context = await browser.newContext({ baseURL: proxy.url })
    const bob = await Person.at(context, node, 'bob')
    await bob.page.goto('/register')
    await bob.page.getByLabel('User name').fill('bob')
    await bob.page.getByLabel('Name to show').fill('Bob')
    await bob.page.getByLabel('Password').fill('correct horse')
    await bob.page.getByRole('button', { name: 'Create account' }).click()
    await expect(bob.page).toHaveURL(`${proxy.url}/`)
    await bob.open('General')
    await ada.say('before')
    await expect(bob.message('before')).toBeVisible()
    await run(ada, bob, proxy)
  } finally {
    await context?.close()
    await proxy.stop()
  }
}

test('a page whose link goes silent says so, and shows what it missed once the link is back', async ({ browser, node }) => {
  test.setTimeout(150_000)
  await behindProxy(browser, node, async (ada, bob, proxy) => {
    proxy.fallSilent()
    await ada.say('missed')
    await expect(bob.page.getByText(lost)).toBeVisible({ timeout: 45_000 })
    await expect(bob.message('missed')).toHaveCount(0)
    const { attempts } = proxy
    await expect.poll(() => proxy.attempts, { timeout: 40_000 }).toBeGreaterThan(attempts + 1)
    proxy.comeBack()
    await expect(bob.message('missed')).toBeVisible({ timeout: 10_000 })
    await expect(bob.page.getByText(lost)).toHaveCount(0)
  })
})

const wakeUps: [string, string][] = [
  ['the network is back', `window.dispatchEvent(new Event('online'))`],
  ['the page goes on after it was frozen', `document.dispatchEvent(new Event('resume'))`],
  ['the page comes out of the cache', `window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))`],
  [
    'the page is looked at again',
    `(() => {
      const look = (state) => {
        Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => state })
        document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))
      }
      look('hidden')
      setTimeout(() => look('visible'), 100)
    })()`,
  ],
]

for (const [what, wakeUp] of wakeUps) {
  test(`${what}: a silent link is noticed and replaced at once`, async ({ browser, node }) => {
    await behindProxy(browser, node, async (ada, bob, proxy) => {
      proxy.fallSilent()
      await ada.say('missed')
      await expect(ada.log.getByText('Sending')).toHaveCount(0)
      proxy.comeBack()
      await bob.page.evaluate(wakeUp)
      await expect(bob.message('missed')).toBeVisible({ timeout: 10_000 })
    })
  })
}
