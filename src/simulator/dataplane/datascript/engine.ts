import { LuaFactory, LuaMultiReturn, type LuaEngine } from 'wasmoon';
import type { Script, ScriptEvent } from '../program.ts';
import type { ScriptContext, ScriptValue } from './context.ts';
import { aviFunctions } from './functions.ts';
import { PRELUDE } from './prelude.ts';
import { createScriptTables } from './tables.ts';
import { errorMessage } from '../errors.ts';

/** Runs DataScripts in one Lua state, which is made when first needed. */
export interface ScriptEngine {
  /**
   * Runs the virtual service's scripts for an event, in their order, until one has answered. An error of a script is
   * logged and answers 500.
   */
  readonly run: (event: ScriptEvent, context: ScriptContext) => Promise<void>;
  readonly close: () => void;
}

interface Lua {
  readonly engine: LuaEngine;
  readonly run: (id: number) => string | undefined;
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
    run: engine.global.get('run') as Lua['run'],
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

  const host = (...args: readonly ScriptValue[]): unknown => {
    const [operation, ...rest] = args;
    try {
      const found =
        typeof operation === 'string' && Object.hasOwn(functions, operation) ? functions[operation] : undefined;
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

  const runOne = (lua: Lua, script: Script, context: ScriptContext): void => {
    const { id, error: syntax } = compile(lua, script);
    current = context;
    context.script = script;
    const error = syntax ?? lua.run(id);
    current = undefined;
    if (error === undefined || error === null) return;
    log(`DataScript ${script.name} on ${context.virtualService.name} failed: ${error}`);
    context.answer = { kind: 'local', response: { status: 500 }, headers: [] };
  };

  return {
    run: async (event, context) => {
      const scripts = context.virtualService.scripts.filter((script) => script.event === event);
      if (scripts.length === 0) return;
      const lua = await (loading ??= createLua(host));
      for (const script of scripts) {
        runOne(lua, script, context);
        if (context.answer) return;
      }
    },
    close: () => void loading?.then(({ engine }) => engine.global.close()),
  };
}

/** Lua's nil arrives as null or undefined; tables as plain objects. */
function plain(value: unknown): ScriptValue {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return typeof value === 'object' && value !== null ? (value as Record<string, string>) : undefined;
}
