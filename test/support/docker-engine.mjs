// Vitest's global setup for tests that use a real Docker Engine, and all images that they start. The tests find it by DOCKER_HOST.
import { openEngine } from '../../scripts/docker/engine.mjs';
import { ensureImages } from '../../scripts/docker/images.mjs';

export default async () => {
  const { host, failure, close } = await openEngine();
  if (host === undefined) {
    process.env.SIDINGS_TEST_NO_DOCKER = failure;
    return undefined;
  }
  try {
    await ensureImages(host, (text) => process.stdout.write(`${text}\n`));
  } catch (error) {
    await close();
    process.env.SIDINGS_TEST_NO_DOCKER = error.message;
    return undefined;
  }
  process.env.DOCKER_HOST = host;
  return close;
};
