import { LuaFactory, LuaMultiReturn, type LuaEngine } from 'wasmoon';
import type { Script, ScriptEvent } from '../program/program.ts';
import type { ScriptContext, ScriptTable, ScriptValue } from './context.ts';
import { aviFunctions } from './functions.ts';
import { PRELUDE } from './prelude.ts';
import { createScriptTables } from './tables.ts';
import { errorMessage } from '../http/errors.ts';

/** Runs DataScripts in one Lua state, which is made when first needed. */
export interface ScriptEngine {
  /**
   * Runs the virtual service's scripts for an event, in their order, until one has answered. An error of a script is
   * logged and answers 500.
   */
  readonly run: (event: ScriptEvent, context: ScriptContext) => Promise<void>;
  readonly close: () => void;
}

/** An error message, true for a script that waits, or nothing at its end. */
type Step = string | true | undefined | null;

interface Lua {
  readonly engine: LuaEngine;
  readonly start: (run: number, script: number) => Step;
  readonly resume: (run: number) => Step;
  readonly compile: (id: number, name: string, source: string) => string | undefined;
  readonly forget: (id: number) => void;
}

const MEMORY_LIMIT = 64 * 1024 * 1024;
const MAX_COMPILED = 2000;

async function createLua(host: (...args: readonly ScriptValue[]) => unknown): Promise<Lua> {
  const engine = await new LuaFactory().createEngine({
    openStandardLibs: true,
    injectObjects: false,
    enableProxy: false,
    traceAllocations: true,
  });
  engine.global.set('host', host);
  engine.doStringSync(PRELUDE);
  engine.global.setMemoryMax(MEMORY_LIMIT);
  return {
    engine,
    start: engine.global.get('start') as Lua['start'],
    resume: engine.global.get('resume') as Lua['resume'],
    compile: engine.global.get('compile') as Lua['compile'],
    forget: engine.global.get('forget') as Lua['forget'],
  };
}

/** Creates the engine; nothing is loaded until a script runs. */
export function createScriptEngine(log: (message: string) => void): ScriptEngine {
  const functions = aviFunctions(createScriptTables(Date.now), log);
  const compiled = new Map<string, { readonly id: number; readonly error: string | undefined }>();
  let current: ScriptContext | undefined;
  let loading: Promise<Lua> | undefined;
  let nextId = 1;
  let closed = false;

  const host = (...args: readonly ScriptValue[]): unknown => {
    const [operation, ...rest] = args;
    try {
      const found =
        typeof operation === 'string' && Object.hasOwn(functions, operation) ? functions[operation] : undefined;
      if (current?.belowHttp && /^(?:http|requests)\./.test(String(operation)))
        throw new Error(`avi.${String(operation)} is for HTTP events`);
      if (!found || !current) throw new Error(`unknown function ${JSON.stringify(operation)}`);
      return LuaMultiReturn.of<unknown>(true, found(current, rest.map(plain)));
    } catch (error) {
      return LuaMultiReturn.of<unknown>(false, errorMessage(error));
    }
  };

  const compile = (lua: Lua, script: Script): { readonly id: number; readonly error: string | undefined } => {
    const key = `${script.name}\0${script.source}`;
    const known = compiled.get(key);
    if (known) return known;
    const [oldest] = compiled.size >= MAX_COMPILED ? compiled : [];
    if (oldest) {
      compiled.delete(oldest[0]);
      lua.forget(oldest[1].id);
    }
    const id = nextId++;
    const entry = { id, error: lua.compile(id, script.name, script.source) ?? undefined };
    compiled.set(key, entry);
    return entry;
  };

  /** Runs one stretch of a script; what waits is not the current script in the meantime. */
  const stretch = (script: Script, context: ScriptContext, go: () => Step): Step => {
    current = context;
    context.script = script;
    try {
      return go();
    } finally {
      current = undefined;
    }
  };

  const runOne = async (lua: Lua, script: Script, context: ScriptContext): Promise<void> => {
    const { id, error: syntax } = compile(lua, script);
    const run = nextId++;
    let step = syntax ?? stretch(script, context, () => lua.start(run, id));
    while (step === true) {
      context.reply = await context.waiting;
      if (closed) return;
      step = stretch(script, context, () => lua.resume(run));
    }
    if (step === undefined || step === null) return;
    log(`DataScript ${script.name} on ${context.virtualService.name} failed: ${step}`);
    context.answer = { kind: 'local', response: { status: 500 }, headers: [] };
  };

  return {
    run: async (event, context) => {
      const scripts = context.virtualService.scripts.filter((script) => script.event === event);
      if (scripts.length === 0) return;
      const lua = await (loading ??= createLua(host));
      context.event = event;
      for (const script of scripts) {
        await runOne(lua, script, context);
        if (context.answer) return;
      }
    },
    close: () => {
      closed = true;
      void loading?.then(({ engine }) => engine.global.close());
    },
  };
}

/** Lua's nil arrives as null or undefined; tables as plain objects. */
function plain(value: unknown): ScriptValue {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return typeof value === 'object' && value !== null ? (value as ScriptTable) : undefined;
}
