import type { Service, State, Workstream } from '../../model/workstream.ts';

export declare const inOrder: (workstreams: readonly Workstream[]) => Workstream[];
export declare const linkTo: (url: unknown) => string | undefined;
export declare const stateWord: (state: Service['state']) => string;
export declare const placeOf: (service: Service) => string | undefined;
export declare const summary: (state: State) => string;
export declare const facts: (workstream: Workstream) => [word: string, value: string][];
