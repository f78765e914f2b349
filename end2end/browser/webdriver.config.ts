import { defineConfig } from '@playwright/test'

// The core stories in browsers that are driven by WebDriver. Playwright runs the tests; it does not start these browsers.
export default defineConfig({
  testDir: 'webdriver',
  outputDir: 'webdriver/test-results',
  forbidOnly: true,
  retries: 0,
  // A story has two browsers, each with a handful of processes.
  workers: 1,
  timeout: 180_000,
  expect: { timeout: 30_000, toPass: { timeout: 30_000 } },
  reporter: [['list']],
  projects: [{ name: 'firefox' }, { name: 'webkit' }],
})
