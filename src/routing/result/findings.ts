/** What the routing says of a resource: conditions, events and problems. */

/** A condition without the times and generations that the status writer adds. */
export interface ConditionDraft {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}

/** Something to tell the user by a Kubernetes Event (and a metric where one exists). */
export interface RoutingEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  readonly regarding: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly namespace?: string;
    readonly name: string;
  };
}

/** A field that is refused or ignored, for `render`: the resource as `Kind/namespace/name`, the field's path, and why. */
export interface Problem {
  readonly resource: string;
  readonly field: string;
  readonly message: string;
}
