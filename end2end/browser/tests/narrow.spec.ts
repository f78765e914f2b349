import { expect, test } from '../support/test'
import type { Page } from '@playwright/test'

const narrow = { viewport: { width: 360, height: 640 } }

async function fits(page: Page) {
  const [content, view] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth])
  expect(content, `${page.url()} is wider than the screen`).toBeLessThanOrEqual(view)
}

test('everything fits a screen of 360 pixels', async ({ node, page, signUp }) => {
  await page.setViewportSize(narrow.viewport)
  for (const path of ['/login', '/register']) {
    await page.goto(node.url + path)
    await fits(page)
  }
  const ada = await signUp('ada', narrow)
  await fits(ada.page)
  await ada.open('General')
  await ada.say(`${'a-very-long-word-'.repeat(30)} and https://example.org/${'path/'.repeat(40)}`)
  await expect(ada.log.getByText('Sending')).toHaveCount(0)
  await fits(ada.page)
  await expect(ada.composer).toBeInViewport()
  await expect(ada.page.getByRole('link', { name: 'New chat' })).toBeHidden()
  await ada.page.getByRole('link', { name: 'Room details' }).click()
  await fits(ada.page)
  await ada.page.keyboard.press('Escape')
  await expect(ada.page.getByRole('dialog')).toHaveCount(0)
  await ada.page.getByRole('link', { name: 'Back to the list of rooms' }).click()
  await expect(ada.page).toHaveURL(`${node.url}/`)
  await ada.page.getByRole('link', { name: 'New chat' }).click()
  await fits(ada.page)
  await ada.page.keyboard.press('Escape')
  await ada.page.goto('/devices')
  await fits(ada.page)
})
