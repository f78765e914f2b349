// Code splitting: parts of the page are files of their own.
import { expect, test } from '../support/test'

test('a dialog opens without a network, since its file was loaded before', async ({ signUp }) => {
  const ada = await signUp('ada')
  await ada.open('General')
  await ada.page.waitForFunction(() => performance.getEntriesByType('resource').some(({ name }) => name.includes('split_starting')))
  await ada.page.context().setOffline(true)
  await ada.page.getByRole('link', { name: 'New chat' }).click()
  await expect(ada.page.getByRole('dialog', { name: 'New chat' })).toBeVisible()
})

test('a part that cannot be loaded says so', async ({ signUp }) => {
  // A service worker would have the file.
  const ada = await signUp('ada', { serviceWorkers: 'block' })
  // The loader logs what it could not load, which elsewhere is a fault.
  ada.page.removeAllListeners('pageerror')
  ada.page.removeAllListeners('console')
  await ada.page.route('**/split_starting*', (route) => route.abort())
  await ada.page.reload()
  await ada.page.getByRole('link', { name: 'New chat' }).click()
  await expect(ada.page.getByRole('alert')).toContainText('Check the connection, then reload the page.')
})
