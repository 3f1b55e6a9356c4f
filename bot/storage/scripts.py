"""The Lua scripts: each is one step of the store. KEYS[1] is the shard's hash tag; times are
milliseconds given by the caller, never the server's own.

A script whose answer was lost may have happened. None of them is ever repeated blindly (see
`connection`), and each is safe if it is: saves compare the rev, settling compares the fence, claims
and jobs that nobody heard of come back when their lease runs out.
"""

# What the save and settle scripts share: checking revs, writing records, queueing jobs.
_COMMON = """
local T = KEYS[1]
local function revision(key)
  local value = redis.call('GET', key)
  if not value then return 0 end
  return tonumber(string.match(value, '^(%d+):'))
end
local function conflicts(records)
  for _, each in ipairs(records) do
    if revision(each.key) ~= each.rev then return true end
  end
  return false
end
local function queue(job, at)
  if redis.call('HSETNX', 'job:'..T, job.key, job.data) == 1 then
    redis.call('ZADD', 'jobs:'..T, at, job.key)
  elseif redis.call('HEXISTS', 'held:'..T, job.key) == 1 then
    redis.call('HSET', 'again:'..T, job.key, at)
  end
end
local function unqueue(member, mailbox, enrolment)
  redis.call('ZREM', 'due:'..T, member)
  redis.call('ZREM', 'q:'..T..':'..mailbox, enrolment)
end
local function place(send)
  unqueue(send.member, send.mailbox, send.enrolment)
  if send.due ~= '' then redis.call('ZADD', 'due:'..T, send.due, send.member) end
end
local function write(records, jobs, at)
  for _, each in ipairs(records) do
    redis.call('SET', each.key, string.format('%d:%s', each.rev + 1, each.json))
    if each.list and each.rev == 0 then redis.call('ZADD', each.list, 'NX', at, each.id) end
    local send = each.send
    if send then
      for _, id in ipairs(send.ids) do
        redis.call('HSET', 'mid:'..T, send.mailbox..'|'..id, send.enrolment)
      end
      if each.rev == 0 then
        local field = send.mailbox..'|'..send.address
        local known = redis.call('HGET', 'addr:'..T, field)
        local all = known and known..','..send.enrolment or send.enrolment
        redis.call('HSET', 'addr:'..T, field, all)
      end
    end
  end
  for _, job in ipairs(jobs) do queue(job, at) end
end
local function wake(mailbox)
  if redis.call('EXISTS', 'q:'..T..':'..mailbox) == 1 then
    local next = redis.call('HGET', 'pace:'..T, mailbox) or '0'
    redis.call('ZADD', 'ready:'..T, 'NX', next, mailbox)
  end
end
local function end_claim(member, mailbox)
  redis.call('HDEL', 'claim:'..T, member)
  redis.call('ZREM', 'lease:'..T, member)
  if redis.call('HINCRBY', 'flying:'..T, mailbox, -1) <= 0 then
    redis.call('HDEL', 'flying:'..T, mailbox)
  end
  wake(mailbox)
end
"""

# ARGV: JSON of {records, jobs}, and the moment. An enrolment under a claim keeps its place:
# settling decides where it stands.
SAVE = (
    _COMMON
    + """
local change = cjson.decode(ARGV[1])
if conflicts(change.records) then return 0 end
write(change.records, change.jobs, ARGV[2])
for _, each in ipairs(change.records) do
  local send = each.send
  if send and redis.call('HEXISTS', 'claim:'..T, send.member) == 0 then place(send) end
end
return 1
"""
)

# ARGV: the same, and the claim's member, mailbox and fence.
SETTLE = (
    _COMMON
    + """
local change = cjson.decode(ARGV[1])
local member, mailbox, fence = ARGV[3], ARGV[4], ARGV[5]
if redis.call('HGET', 'claim:'..T, member) ~= fence then return -1 end
if conflicts(change.records) then return 0 end
write(change.records, change.jobs, ARGV[2])
end_claim(member, mailbox)
for _, each in ipairs(change.records) do
  if each.send then place(each.send) end
end
return 1
"""
)

# ARGV: member, mailbox, enrolment, fence, due (or '').
LET_GO = (
    _COMMON
    + """
local member, mailbox, enrolment, fence, due = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
if redis.call('HGET', 'claim:'..T, member) ~= fence then return 0 end
end_claim(member, mailbox)
place({member = member, mailbox = mailbox, enrolment = enrolment, due = due})
return 1
"""
)

# When a shard has something next, in milliseconds; -1 for never.
_SOONEST = """
local T = KEYS[1]
local function soonest(names)
  local soon = -1
  for _, name in ipairs(names) do
    local first = redis.call('ZRANGE', name..T, 0, 0, 'WITHSCORES')
    if first[2] and (soon < 0 or tonumber(first[2]) < soon) then soon = tonumber(first[2]) end
  end
  return string.format('%.0f', soon)
end
"""

# When a shard has an email, and when it has a job, to look at next; and how many are in work.
LOOK = (
    _SOONEST
    + """
local in_work = redis.call('HLEN', 'claim:'..T) + redis.call('HLEN', 'held:'..T)
return {soonest({'lease:', 'due:', 'ready:'}), soonest({'jobs:'}), in_work}
"""
)

# ARGV: now, most, pace, in flight, lease, fence prefix, most moves. Returns {next moment, claims…},
# a claim being {member, fence, recovered}. The intent is written before it is returned; moves from
# due to queue are capped, or one full day would block the server.
CLAIM = (
    _SOONEST
    + """
local now, most, pace = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local in_flight, lease = tonumber(ARGV[4]), tonumber(ARGV[5])
local expiry = string.format('%.0f', now + lease)
local claims = {}
local function hand_out(member, recovered)
  local fence = ARGV[6]..'.'..redis.call('INCR', 'fence:'..T)
  redis.call('HSET', 'claim:'..T, member, fence)
  redis.call('ZADD', 'lease:'..T, expiry, member)
  claims[#claims + 1] = {member, fence, recovered}
end
local function until_now(name, ...)
  return redis.call('ZRANGEBYSCORE', name..T, '-inf', ARGV[1], ...)
end
for _, member in ipairs(until_now('lease:', 'LIMIT', 0, most)) do hand_out(member, 1) end
local due = until_now('due:', 'WITHSCORES', 'LIMIT', 0, ARGV[7])
for i = 1, #due, 2 do
  local mailbox, enrolment = string.match(due[i], '^(.-)/(.+)$')
  redis.call('ZREM', 'due:'..T, due[i])
  redis.call('ZADD', 'q:'..T..':'..mailbox, due[i + 1], enrolment)
  redis.call('ZADD', 'ready:'..T, 'NX', redis.call('HGET', 'pace:'..T, mailbox) or '0', mailbox)
end
for _, mailbox in ipairs(until_now('ready:', 'LIMIT', 0, most)) do
  if #claims >= most then break end
  redis.call('ZREM', 'ready:'..T, mailbox)
  local flying = tonumber(redis.call('HGET', 'flying:'..T, mailbox) or '0')
  local next = flying < in_flight and redis.call('ZPOPMIN', 'q:'..T..':'..mailbox) or {}
  if next[1] then
    redis.call('HINCRBY', 'flying:'..T, mailbox, 1)
    local later = string.format('%.0f', now + pace)
    redis.call('HSET', 'pace:'..T, mailbox, later)
    if redis.call('EXISTS', 'q:'..T..':'..mailbox) == 1 then
      redis.call('ZADD', 'ready:'..T, later, mailbox)
    end
    hand_out(mailbox..'/'..next[1], 0)
  end
end
return {soonest({'lease:', 'due:', 'ready:'}), claims}
"""
)

# ARGV: the moment, then key and data of each job.
PUT_JOBS = (
    _COMMON
    + """
for i = 2, #ARGV, 2 do queue({key = ARGV[i], data = ARGV[i + 1]}, ARGV[1]) end
return 1
"""
)

# ARGV: now, most, lease, token. Returns {next moment, {key, data, attempt}…}.
TAKE_JOBS = (
    _SOONEST
    + """
local expiry = string.format('%.0f', tonumber(ARGV[1]) + tonumber(ARGV[3]))
local taken = {}
local keys = redis.call('ZRANGEBYSCORE', 'jobs:'..T, '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])
for _, key in ipairs(keys) do
  redis.call('ZADD', 'jobs:'..T, expiry, key)
  redis.call('HSET', 'held:'..T, key, ARGV[4])
  local attempt = redis.call('HINCRBY', 'tries:'..T, key, 1)
  taken[#taken + 1] = {key, redis.call('HGET', 'job:'..T, key), attempt}
end
return {soonest({'jobs:'}), taken}
"""
)

# ARGV: key, token, when again ('' for done), 1 to forget the attempts. A job that was queued again
# while somebody worked on it runs once more: what it was queued for may have come too late.
END_JOB = """
local T = KEYS[1]
local key, again = ARGV[1], ARGV[3]
if redis.call('HGET', 'held:'..T, key) ~= ARGV[2] then return 0 end
redis.call('HDEL', 'held:'..T, key)
local asked = redis.call('HGET', 'again:'..T, key)
redis.call('HDEL', 'again:'..T, key)
if asked and (again == '' or tonumber(asked) < tonumber(again)) then again = asked end
if asked or ARGV[4] == '1' then redis.call('HDEL', 'tries:'..T, key) end
if again == '' then
  redis.call('ZREM', 'jobs:'..T, key)
  redis.call('HDEL', 'job:'..T, key)
  redis.call('HDEL', 'tries:'..T, key)
else
  redis.call('ZADD', 'jobs:'..T, again, key)
end
return 1
"""

# KEYS[1] the secret. ARGV: expiry, token, the revision it must be at ('' for any).
KEEP_VALUE = """
local value = redis.call('GET', KEYS[1])
local revision = value and tonumber(string.match(value, '^(%d+)|')) or 0
if ARGV[3] ~= '' and tonumber(ARGV[3]) ~= revision then return 0 end
redis.call('SET', KEYS[1], string.format('%d|%s|%s', revision + 1, ARGV[1], ARGV[2]))
return revision + 1
"""
