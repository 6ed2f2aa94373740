/**
 * The Lua side of the DataScript sandbox. It sees one host function: `host(operation, ...)`, which returns
 * `true, value` or `false, message`, and nothing else of JavaScript. It defines `compile(id, name, source)`, which
 * returns an error message or nil, `forget(id)`, and `start(run, id)` and `resume(run)`, which return an error message,
 * true when the script waits for the host (avi.requests.*), or nil when it is over. Each run is a coroutine with
 * globals of its own. Scripts see only the read-only tables `avi`, `string`, `table` and `math` and a few basic
 * functions (avi-model 2.11).
 */
export const PRELUDE = `
local host = host
local load, pcall_, error, type, tostring, tonumber_, setmetatable, pairs = load, pcall, error, type, tostring, tonumber, setmetatable, pairs
local sethook, string_, table_, math_ = debug.sethook, string, table, math
local create, resume_, status, yield = coroutine.create, coroutine.resume, coroutine.status, coroutine.yield
local INSTRUCTIONS = 2000000
local scripts, runs = {}, {}
local running

local function call(operation, ...)
  local ok, value = host(operation, ...)
  if not ok then error(value, 3) end
  return value
end

local function sealed(name, members)
  return setmetatable({}, {
    __index = function(_, key)
      local member = members[key]
      if member == nil then error('unknown ' .. name .. '.' .. tostring(key), 2) end
      return member
    end,
    __newindex = function() error(name .. ' is read-only', 2) end,
    __metatable = false,
  })
end

local function library(members)
  return setmetatable({}, { __index = members, __newindex = function() error('a library is read-only', 2) end, __metatable = false })
end

local function operations(prefix, names)
  local members = {}
  for name in string_.gmatch(names, '%S+') do
    members[name] = function(...) return call(prefix .. name, ...) end
  end
  return members
end

local function refuse(name)
  return function() error(name .. ' with a pattern is not available in a DataScript', 2) end
end

local strings = {}
for _, name in pairs({ 'byte', 'char', 'format', 'len', 'lower', 'reverse', 'sub', 'upper' }) do strings[name] = string_[name] end
strings.match, strings.gmatch, strings.gsub = refuse('string.match'), refuse('string.gmatch'), refuse('string.gsub')
function strings.find(subject, wanted, init, plain)
  if not plain then error('string.find needs plain = true in a DataScript', 2) end
  return string_.find(subject, wanted, init, true)
end
function strings.rep(subject, count)
  if #subject * count > 65536 then error('string.rep: result is too long', 2) end
  return string_.rep(subject, count)
end
function strings.beginswith(subject, prefix) return string_.sub(subject, 1, #prefix) == prefix end
function strings.endswith(subject, suffix) return suffix == '' or string_.sub(subject, -#suffix) == suffix end
function strings.contains(subject, part) return string_.find(subject, part, 1, true) ~= nil end
local string_metatable = getmetatable('')
string_metatable.__index, string_metatable.__metatable = strings, false

local reqvar = setmetatable({}, {
  __index = function(_, key) return call('vs.get_reqvar', key) end,
  __newindex = function(_, key, value) call('vs.set_reqvar', key, value) end,
  __metatable = false,
})

local http = operations('http.', [[
  method hostname protocol get_path set_path get_query set_query get_uri get_header add_header replace_header
  remove_header redirect response close_conn status set_reqvar get_reqvar get_cookie set_request_body_buffer_size
  get_req_body
]])
local function waiting(begin, finish)
  return function(...)
    call(begin, ...)
    yield(true)
    return call(finish)
  end
end
local function request(method)
  local send = waiting('requests.send', 'requests.reply')
  return function(...) return send(method, ...) end
end
local l4 = { collect = waiting('l4.collect', 'l4.collected'), ds_done = function() return call('l4.ds_done') end }
function l4.read(...)
  return (string_.gsub(call('l4.read', ...), '..', function(digits) return string_.char(tonumber_(digits, 16)) end))
end
local vs = operations('vs.', 'name ip port client_ip client_port log table_lookup table_insert table_remove close_conn ds_done')
vs.reqvar = reqvar
local avi = sealed('avi', {
  http = sealed('avi.http', http),
  vs = sealed('avi.vs', vs),
  pool = sealed('avi.pool', operations('pool.', 'select name')),
  poolgroup = sealed('avi.poolgroup', operations('poolgroup.', 'select')),
  requests = sealed('avi.requests', { get = request('GET'), head = request('HEAD'), post = request('POST'), put = request('PUT') }),
  ssl = sealed('avi.ssl', operations('ssl.', 'server_name protocol cipher')),
  l4 = sealed('avi.l4', l4),
  HTTP_REQUEST = 'HTTP_REQUEST', HTTP_RESPONSE = 'HTTP_RESPONSE', QUERY_TABLE = 'QUERY_TABLE',
})

local globals = {
  avi = avi, string = library(strings), assert = assert, error = error, ipairs = ipairs, next = next, pairs = pairs,
  select = select, tostring = tostring, type = type, unpack = table_.unpack,
  table = library({ concat = table_.concat, insert = table_.insert, remove = table_.remove, sort = table_.sort }),
  math = library({ abs = math_.abs, ceil = math_.ceil, floor = math_.floor, max = math_.max, min = math_.min, huge = math_.huge, fmod = math_.fmod }),
}
function globals.tonumber(value, base)
  if value == nil then error('bad argument #1 to tonumber (got nil)', 2) end
  if base then return tonumber_(value, base) end
  return tonumber_(value)
end
function globals.pcall(...)
  local results = table_.pack(pcall_(...))
  if running.exceeded then error('instruction limit exceeded', 0) end
  return table_.unpack(results, 1, results.n)
end

local environment = setmetatable({}, {
  __index = function(_, key)
    local own = running.globals[key]
    if own == nil then return globals[key] end
    return own
  end,
  __newindex = function(_, key, value) running.globals[key] = value end,
  __metatable = false,
})

local parsers = {}
function globals.require(name)
  local code = call('parser.code', name)
  local parser, message = parsers[code], nil
  if not parser then
    parser, message = load(code, '=' .. name, 't', environment)
    if not parser then error(message, 2) end
    parsers[code] = parser
  end
  local module = running.modules[name] or parser()
  running.modules[name] = module
  return module
end

function compile(id, name, source)
  local script, message = load(source, '=' .. name, 't', environment)
  scripts[id] = script
  return message
end

function forget(id) scripts[id] = nil end

function resume(id)
  running = runs[id]
  local ok, message = resume_(running.thread)
  if status(running.thread) == 'suspended' then return true end
  runs[id] = nil
  if not ok then return tostring(message) end
end

function start(id, script)
  local run = { globals = {}, modules = {}, thread = create(scripts[script]) }
  runs[id] = run
  sethook(run.thread, function()
    run.exceeded = true
    error('instruction limit exceeded', 0)
  end, '', INSTRUCTIONS)
  return resume(id)
end
`;
