/**
 * Code of the protocol parser Default-TLS: what DataScripts ask of a client's first TLS record. Only the names of its
 * functions are documented (avi-model.md 2.9). It reads one record; a hello that goes on in a second one has no name.
 */
export const TLS_PARSER = `
local tls = {}
local HANDSHAKE, CLIENT_HELLO, SERVER_NAME, HOST_NAME = 22, 1, 0, 0
local HEADER = 5

-- Big-endian number of some bytes; nil beyond the end.
local function number(text, at, bytes)
  local value = 0
  for place = at, at + bytes - 1 do
    local byte = string.byte(text, place)
    if not byte then return nil end
    value = value * 256 + byte
  end
  return value
end

-- Place behind a vector that starts with its length; nil when that lies beyond the end.
local function behind(text, at, bytes)
  local length = number(text, at, bytes)
  local after = length and at + bytes + length
  if after and after <= #text + 1 then return after end
end

function tls.get_req_buffer_size(payload)
  return HEADER + (number(payload, 4, 2) or 0)
end

function tls.sanity_check(payload)
  return string.byte(payload, 1) == HANDSHAKE and string.byte(payload, 2) == 3 and string.byte(payload, 6) == CLIENT_HELLO
end

function tls.parse_record(payload)
  local record = { type = string.byte(payload, 1), version = number(payload, 2, 2) }
  local body = string.sub(payload, HEADER + 1, HEADER + (number(payload, 4, 2) or 0))
  local length = number(body, 2, 3)
  if length and #body >= 4 + length then record.hello = string.sub(body, 1, 4 + length) end
  return record
end

local function first_name(list)
  local at = behind(list, 1, 2) and 3
  while at and at <= #list do
    local after = behind(list, at + 1, 2)
    if after and string.byte(list, at) == HOST_NAME then return string.sub(list, at + 3, after - 1) end
    at = after
  end
end

function tls.get_sni(record)
  local hello = record and record.hello
  if not hello then return nil end
  local at = behind(hello, 39, 1)
  at = at and behind(hello, at, 2)
  at = at and behind(hello, at, 1)
  if not at or behind(hello, at, 2) ~= #hello + 1 then return nil end
  at = at + 2
  while at and at <= #hello do
    local after = behind(hello, at + 2, 2)
    if after and number(hello, at, 2) == SERVER_NAME then
      local name = first_name(string.sub(hello, at + 4, after - 1))
      if name == '' then return nil end
      return name
    end
    at = after
  end
end

return tls
`;
