import { existsSync } from 'node:fs';
import { defineConfig } from '@playwright/test';
import { withSidings } from 'sidings/playwright';

// The browser of the system where there is one; else the one that `npx playwright install chromium` has brought.
const executablePath = [process.env.CHROMIUM, '/usr/bin/chromium'].find((file) => file && existsSync(file));
// As root, which is what most containers run as, Chromium starts without its sandbox only.
const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];

// No address and no port in here: withSidings knows those of the copy that this file is in.
export default defineConfig(
  withSidings(
    {
      testDir: 'e2e',
      forbidOnly: Boolean(process.env.CI),
      reporter: 'list',
      use: { trace: 'retain-on-failure', launchOptions: { executablePath, args } },
    },
    { service: 'web' },
  ),
);
