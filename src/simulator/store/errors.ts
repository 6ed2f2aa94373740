/** A refusal in the controller's words: the HTTP status and the JSON body of the reply (avi-model.md 4.8). */
export class ApiError extends Error {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;

  constructor(status: number, body: Readonly<Record<string, unknown>>) {
    super(Object.values(body).map(String).join('; '));
    this.name = 'ApiError';
    this.status = status;
    this.body = body;
  }
}

/** A refusal with the usual `{"error": "…"}` body. */
export function refuse(status: number, message: string): ApiError {
  return new ApiError(status, { error: message });
}

/** A 400 that names the field, `{"<field>": "…"}`. */
export function refuseField(field: string, message: string): ApiError {
  return new ApiError(400, { [field]: message });
}
