"""The Lua scripts of records and claims: each is one step of the store. KEYS[1] is the shard's hash
tag; times are milliseconds given by the caller, never the server's own.

A script whose answer was lost may have happened. None of them is ever repeated blindly (see
`connection`), and each is safe if it is: saves compare the rev, settling compares the fence, claims
and jobs that nobody heard of come back when their lease runs out.
"""

from bot.storage.lanes import LANES, TAG
from bot.storage.place_scripts import CHANGED_PLACES

# Queues a job, or brings a queued one forward. One that is being worked on is noted, and runs once
# more at the earliest moment asked for: what it is needed for may have come too late for this run.
QUEUE = (
    TAG
    + """
local function queue(job, at)
  if redis.call('HSETNX', 'job:'..T, job.key, job.data) == 1 then
    redis.call('ZADD', 'jobs:'..T, at, job.key)
  elseif redis.call('HEXISTS', 'held:'..T, job.key) == 1 then
    local asked = redis.call('HGET', 'again:'..T, job.key)
    if not asked or tonumber(at) < tonumber(asked) then
      redis.call('HSET', 'again:'..T, job.key, at)
    end
  else
    redis.call('ZADD', 'jobs:'..T, 'LT', at, job.key)
  end
end
"""
)

# A change as `records.packed` writes it, from ARGV[i] on: how many jobs, key and data of each; then
# ten values for each record. An enrolment has no key: it is a field of its mailbox's hash. One that
# moves away is due at MOVES, and conflicts with a claim on it.
STRIDE = 10
MOVES = "moves"
_COMMON = (
    QUEUE
    + LANES
    + CHANGED_PLACES
    + f"""
local STRIDE, MOVES = {STRIDE}, '{MOVES}'
"""
    + """
local function read_change(i)
  local jobs, records = {}, {}
  local first = i + 1 + 2 * tonumber(ARGV[i])
  for j = i + 1, first - 1, 2 do jobs[#jobs + 1] = {key = ARGV[j], data = ARGV[j + 1]} end
  for j = first, #ARGV, STRIDE do
    local each = {rev = tonumber(ARGV[j + 1]), body = ARGV[j + 2], id = ARGV[j + 4]}
    if ARGV[j] == '' then
      each.mailbox, each.due, each.relay = ARGV[j + 3], ARGV[j + 5], ARGV[j + 6] == '1'
      each.distribution, each.address, each.ids = ARGV[j + 7], ARGV[j + 8], ARGV[j + 9]
      each.old = redis.call('HGET', enrolments_of(each.mailbox), each.id)
      each.moves = each.due == MOVES
      if each.moves then each.due = '' end
    else
      each.key, each.list = ARGV[j], ARGV[j + 3]
      each.old = redis.call('GET', each.key)
    end
    records[#records + 1] = each
  end
  return jobs, records
end
local function revision(value)
  return value and tonumber(string.match(value, '^(%d+):')) or 0
end
local function conflicts(records)
  for _, each in ipairs(records) do
    if revision(each.old) ~= each.rev then return true end
    if each.moves and redis.call('HEXISTS', 'claim:'..T, each.mailbox..'/'..each.id) == 1 then
      return true
    end
  end
  return false
end
local function letters_in(value)
  return value and string.match(value, '^%d+:%d+:[%d,]*:(%a*):') or ''
end
local function index(each)
  for at = 1, #each.ids, 8 do
    redis.call('HSET', 'mid:'..T..':'..each.mailbox, string.sub(each.ids, at, at + 7), each.id)
  end
  if each.rev > 0 then return end
  local key = 'addr:'..T..':'..each.mailbox
  redis.call('HSET', key, each.address, (redis.call('HGET', key, each.address) or '')..each.id)
end
local function tally(mailbox, distribution, old, new)
  local before, after = letters_in(old), letters_in(new)
  if before == after then return end
  local by = {}
  for letter in string.gmatch(before, '%a') do by[letter] = (by[letter] or 0) - 1 end
  for letter in string.gmatch(after, '%a') do by[letter] = (by[letter] or 0) + 1 end
  local key = 'tally:'..T..':'..mailbox..'/'..distribution
  for letter, n in pairs(by) do
    if n ~= 0 then redis.call('HINCRBY', key, letter, n) end
  end
end
local function write(records, jobs, at)
  for _, each in ipairs(records) do
    local value = string.format('%d:', each.rev + 1)..each.body
    if each.mailbox then
      redis.call('HSET', enrolments_of(each.mailbox), each.id, value)
      tally(each.mailbox, each.distribution, each.old, value)
      index(each)
    else
      redis.call('SET', each.key, value)
      if each.list ~= '' and each.rev == 0 then redis.call('ZADD', each.list, 'NX', at, each.id) end
    end
  end
  for _, job in ipairs(jobs) do queue(job, at) end
end
"""
)

# ARGV: the moment, and the change. An enrolment under a claim keeps its place: settling decides
# where it stands.
SAVE = (
    _COMMON
    + """
local jobs, records = read_change(2)
if conflicts(records) then return 0 end
local moves = changed_places(records)
local full = full_day(moves)
if full then return -full end
move_places(moves)
write(records, jobs, ARGV[1])
local touched = {}
for _, each in ipairs(records) do
  local claimed = each.mailbox and each.rev > 0
    and redis.call('HEXISTS', 'claim:'..T, each.mailbox..'/'..each.id) == 1
  if each.mailbox and not claimed then
    if each.rev > 0 then unqueue(each, touched) end
    queue_up(each, touched)
  end
end
wake_all(touched)
return 1
"""
)

# ARGV: the moment, the claim's mailbox, enrolment and fence, and the change. Returns an outcome as
# saving does, or -1 for a claim that is no longer theirs; and when the lane is worth a look.
SETTLE = (
    _COMMON
    + """
if redis.call('HGET', 'claim:'..T, ARGV[2]..'/'..ARGV[3]) ~= ARGV[4] then return {-1} end
local jobs, records = read_change(5)
if conflicts(records) then return {0} end
local moves = changed_places(records)
local full = full_day(moves)
if full then return {-full} end
move_places(moves)
write(records, jobs, ARGV[1])
local touched = {}
end_claim(ARGV[2], ARGV[3], ARGV[4], touched)
for _, each in ipairs(records) do  -- what is under a claim stands in no queue
  if each.mailbox then queue_up(each, touched) end
end
return {1, wake_all(touched)}
"""
)

# ARGV: mailbox, enrolment, fence, due (or ''), the rev `due` was read at, and 1 for an email that
# leaves by SMTP. A record that moved since is read again by the caller (-1): saving left its place
# to us.
LET_GO = (
    _COMMON
    + """
local mailbox, id, fence = ARGV[1], ARGV[2], ARGV[3]
if redis.call('HGET', 'claim:'..T, mailbox..'/'..id) ~= fence then return {0} end
local known = redis.call('HGET', enrolments_of(mailbox), id)
if revision(known) ~= tonumber(ARGV[5]) then return {-1} end
local touched = {}
end_claim(mailbox, id, fence, touched)
queue_up({mailbox = mailbox, id = id, due = ARGV[4], relay = ARGV[6] == '1'}, touched)
wake_all(touched)
return {1, soonest('lease:', 'ready:')}
"""
)

# ARGV: the record as in a change. Gone from every list and index; a claim on it is let go by
# whoever holds it or takes it over. What is still to leave gives its place back.
DELETE = (
    _COMMON
    + """
local _, records = read_change(1)
local gone = records[1]
if not gone.mailbox then
  redis.call('DEL', gone.key)
  if gone.list ~= '' then redis.call('ZREM', gone.list, gone.id) end
  return 1
end
if not gone.old then return 0 end
local next, days = string.match(gone.old, '^%d+:([1-9]%d*):([%d,]*):')
local at = 0
for day in string.gmatch((days or '')..',', '(%d*),') do
  at = at + 1
  local waits = next and day ~= '' and at >= tonumber(next)
  if waits then count(days_of(gone.mailbox), day, -1) end
end
redis.call('HDEL', enrolments_of(gone.mailbox), gone.id)
tally(gone.mailbox, gone.distribution, gone.old, nil)
for at = 1, #gone.ids, 8 do
  redis.call('HDEL', 'mid:'..T..':'..gone.mailbox, string.sub(gone.ids, at, at + 7))
end
local key, left = 'addr:'..T..':'..gone.mailbox, {}
local all = redis.call('HGET', key, gone.address) or ''
for at = 1, #all, 16 do
  local each = string.sub(all, at, at + 15)
  if each ~= gone.id then left[#left + 1] = each end
end
if #left == 0 then redis.call('HDEL', key, gone.address)
else redis.call('HSET', key, gone.address, table.concat(left)) end
local touched = {}
unqueue(gone, touched)
wake_all(touched)
return 1
"""
)

# ARGV: mailbox, then enrolment, number, ids and index entry of each copy. What is known stays.
READ_BACK = (
    TAG
    + LANES
    + """
local records, index = enrolments_of(ARGV[1]), 'mid:'..T..':'..ARGV[1]
for i = 2, #ARGV, 4 do
  local value = redis.call('HGET', records, ARGV[i])
  local rev, head, ids, rest =
    string.match(value or '', '^(%d+):(%d+:[%d,]*:%a*):([^:]*):(.*)$')
  if rev and not string.find(','..ids, ','..ARGV[i + 1]..'=', 1, true) then
    ids = ids == '' and ARGV[i + 2] or ids..','..ARGV[i + 2]
    local front = string.format('%d:%s:%s:', tonumber(rev) + 1, head, ids)
    redis.call('HSET', records, ARGV[i], front..rest)
    redis.call('HSET', index, ARGV[i + 3], ARGV[i])
  end
end
return 1
"""
)

# For each of the shards in KEYS: when it has an email, and when it has a job, to look at next; and
# how many are in work where ARGV[1] says that somebody wants to know.
LOOK = (
    TAG
    + LANES
    + """
local told = {}
for i, tag in ipairs(KEYS) do
  T = tag
  told[i] = {soonest('lease:', 'ready:'), soonest('jobs:')}
  if ARGV[1] then
    told[i][3] = redis.call('HLEN', 'claim:'..T) + redis.call('HLEN', 'held:'..T)
  end
end
return told
"""
)
