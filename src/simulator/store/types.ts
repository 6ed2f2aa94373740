/** One object of the simulated controller. `body` has defaults filled in; refs are `/api/<type>/<uuid>`. */
export interface StoredObject {
  /** REST path name, as `virtualservice`. */
  readonly type: string;
  readonly uuid: string;
  readonly tenant: string;
  readonly name: string;
  /** Microseconds since the epoch, as a decimal string; moves with every write. */
  readonly lastModified: string;
  /** Includes secrets such as private keys, which REST replies leave out. */
  readonly body: Readonly<Record<string, unknown>>;
  /** Came with the controller: visible in every tenant, cannot be deleted. */
  readonly system?: boolean;
}

/** A committed write. */
export interface StoreChange {
  readonly kind: 'created' | 'updated' | 'deleted';
  readonly object: StoredObject;
  readonly previous?: StoredObject;
}

/** What the data plane sees of the store. */
export interface StoreReader {
  get(type: string, uuid: string): StoredObject | undefined;
  list(type: string): readonly StoredObject[];
  /** A stored ref (`/api/<type>/<uuid>`) to its object. */
  resolve(ref: unknown): StoredObject | undefined;
  /** Called synchronously after each commit; returns how to stop. */
  subscribe(listener: (change: StoreChange) => void): () => void;
}

export type OperState = 'OPER_UP' | 'OPER_DOWN' | 'OPER_CREATING' | 'OPER_DISABLED' | 'OPER_UNUSED' | 'OPER_UNAVAIL';

/** What the data plane says of a pool and its servers. */
export interface PoolReport {
  readonly state: OperState;
  readonly servers: readonly {
    readonly address: string;
    readonly port: number;
    readonly enabled: boolean;
    readonly state: OperState;
  }[];
}

/** What the data plane reports back for inventory and runtime replies. */
export interface RuntimeReader {
  virtualService(uuid: string): { readonly state: OperState; readonly reason: readonly string[] };
  pool(uuid: string): PoolReport;
  poolGroup(uuid: string): { readonly state: OperState };
}
