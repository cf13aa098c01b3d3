import { claimsCheck } from './claims.ts';
import { daemonCheck } from './daemon.ts';
import type { Check } from './finding.ts';
import { handshakeCheck } from './handshake.ts';
import { hostChecksCheck } from './host-checks.ts';
import { listenersCheck } from './listeners.ts';
import { namesCheck } from './names.ts';
import { nodeCheck } from './node.ts';
import { loopbackCheck, portCheck } from './ports.ts';
import { rootCheck } from './root.ts';
import { trustCheck } from './trust.ts';

/** Everything that `sidings doctor` looks at, in the order in which it is shown. */
export const checks: readonly Check[] = [
  nodeCheck,
  loopbackCheck,
  portCheck,
  daemonCheck,
  rootCheck,
  trustCheck,
  handshakeCheck,
  namesCheck,
  hostChecksCheck,
  listenersCheck,
  claimsCheck,
];
