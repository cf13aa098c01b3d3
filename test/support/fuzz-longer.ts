import * as fc from 'fast-check';
import { bounded } from './fuzz.ts';

// For properties that say nothing of their bounds.
fc.configureGlobal(bounded());
