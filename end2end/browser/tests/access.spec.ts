import AxeBuilder from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { expect, test } from '../support/test'

/** No violation that axe calls serious or critical. */
async function check(page: Page, what: string) {
  const { violations } = await new AxeBuilder({ page }).analyze()
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
  const told = serious.map(({ id, help, nodes }) => `${id}: ${help}\n  ${nodes.map((node) => node.html).join('\n  ')}`)
  expect(told, what).toEqual([])
}

for (const colorScheme of ['light', 'dark'] as const) {
  for (const viewport of [{ width: 1440, height: 900 }, { width: 360, height: 740 }]) {
    test(`axe finds nothing serious on any page, ${colorScheme}, ${viewport.width} px`, async ({ node, page, signUp }) => {
      test.slow()
      await page.setViewportSize(viewport)
      await page.emulateMedia({ colorScheme })
      for (const path of ['/login', '/register']) {
        await page.goto(node.url + path)
        await check(page, path)
      }
      const ada = await signUp('ada', { colorScheme, viewport })
      const bob = await signUp('bob', { colorScheme, viewport })
      await check(ada.page, 'no room open')
      await ada.page.getByRole('link', { name: 'New chat' }).click()
      await check(ada.page, 'new chat')
      await ada.page.getByRole('dialog').getByText('Group', { exact: true }).click()
      await check(ada.page, 'new group')
      await ada.page.keyboard.press('Escape')
      await ada.page.getByRole('link', { name: 'Public rooms', exact: true }).click()
      await check(ada.page, 'public rooms')
      await ada.page.keyboard.press('Escape')
      await ada.open('General')
      await bob.open('General')
      await ada.say('Hello https://example.org')
      await bob.say('Hello')
      await expect(ada.message('Hello')).toBeVisible()
      await expect(ada.log.getByText('Sending')).toHaveCount(0)
      await check(ada.page, 'a room')
      await bob.act('Hello', async (dialog) => dialog.getByRole('button', { name: 'React with \u{1f44d}' }).click())
      await expect(ada.log.getByRole('button', { name: '1 person' })).toBeVisible()
      await check(ada.page, 'a reaction')
      await ada.act('Hello', () => check(ada.page, 'message actions'))
      await ada.page.keyboard.press('Escape')
      await ada.page.getByRole('link', { name: 'Room details' }).click()
      await expect(ada.page.getByRole('list', { name: 'Members' }).getByRole('listitem')).toHaveCount(2)
      await check(ada.page, 'room details')
      await ada.page.goto('/devices')
      await check(ada.page, 'devices')
      for (const path of ['/account', '/admin', '/admin/invites', '/admin/settings', '/admin/audit', '/reset/x', '/rooms/new', '/rooms/new?kind=group', '/rooms/public']) {
        await ada.page.goto(path)
        await check(ada.page, path)
      }
      await ada.page.goto('/nothing/here')
      await check(ada.page, 'not found')
      await node.kill()
      await expect(bob.page.getByText('No connection.')).toBeVisible()
      await bob.say('waits')
      await expect(bob.log.getByText('Waiting for the network').first()).toBeVisible()
      await check(bob.page, 'without a connection')
    })
  }
}

test('a chat is had with the keyboard alone', async ({ signUp }) => {
  const ada = await signUp('ada')
  await ada.page.keyboard.press('Tab')
  await expect(ada.page.getByRole('link', { name: 'Skip to the content' })).toBeFocused()
  await ada.roomLink('General').focus()
  await ada.page.keyboard.press('Enter')
  await expect(ada.page.getByRole('heading', { level: 1, name: 'General' })).toBeVisible()
  await expect(ada.composer).toBeFocused()
  await ada.page.keyboard.type('no mouse here')
  await ada.page.keyboard.press('Enter')
  await expect(ada.message('no mouse here')).toBeVisible()
  await ada.page.getByRole('link', { name: 'Room details' }).focus()
  await ada.page.keyboard.press('Enter')
  await expect(ada.page.getByRole('dialog', { name: 'Room details' })).toBeVisible()
  await ada.page.keyboard.press('Escape')
  await expect(ada.page.getByRole('link', { name: 'Room details' })).toBeFocused()
})
