"""Steps that Redis must do as one (Lua; every command exists in Redis 6.2)."""

from __future__ import annotations

# KEYS: stream, queued. ARGV: prefix of what rests, then the jobs. A job that waits already is not put in a second time,
# and one that was given up on not until it has rested.
PUBLISH = """
local added = 0
for i = 2, #ARGV do
  local job = ARGV[i]
  if redis.call('EXISTS', ARGV[1] .. job) == 0 and redis.call('SADD', KEYS[2], job) == 1 then
    redis.call('XADD', KEYS[1], '*', 'job', job)
    added = added + 1
  end
end
return added
"""

# KEYS: stream, queued, again, a lease for each message. ARGV: group, token, lease in ms, 1 when taken over, then id and
# job of each message. For each 1: the job is ours. 0: another worker is at it; it will do the job once more when it is
# done, except when this message was taken over from a worker that fell away: then it stays pending, for its lease may
# be that worker's.
TAKE = """
local ours = {}
for n = 1, #KEYS - 3 do
  local id, job = ARGV[3 + 2 * n], ARGV[4 + 2 * n]
  if redis.call('SET', KEYS[3 + n], ARGV[2], 'NX', 'PX', ARGV[3]) then
    redis.call('SREM', KEYS[2], job)
    ours[n] = 1
  else
    if ARGV[4] ~= '1' then
      redis.call('SREM', KEYS[2], job)
      redis.call('SADD', KEYS[3], job)
      redis.call('XACK', KEYS[1], ARGV[1], id)
      redis.call('XDEL', KEYS[1], id)
    end
    ours[n] = 0
  end
end
return ours
"""

# KEYS: stream, a lease for each message. ARGV: group, worker, token, lease in ms, then the id of each message.
# Still at it: leases and messages stay ours. Gives how many do.
EXTEND = """
local ours = 0
for n = 1, #KEYS - 1 do
  if redis.call('GET', KEYS[1 + n]) == ARGV[3] then
    redis.call('PEXPIRE', KEYS[1 + n], ARGV[4])
    redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[4 + n], 'JUSTID')
    ours = ours + 1
  end
end
return ours
"""

# KEYS: stream, queued, again, errors, a lease for each message. ARGV: group, token, worker, idle, then id, job, 1 when
# done, and error of each message. Gives the leases back; done: the message goes; asked for again meanwhile: it is put
# in once more. Failed: the message is made to look as if it had been left alone for `idle` ms, so that it is taken
# over soon and not at once.
RELEASE = """
for n = 1, #KEYS - 4 do
  local lease, id, job = KEYS[4 + n], ARGV[1 + 4 * n], ARGV[2 + 4 * n]
  if redis.call('GET', lease) == ARGV[2] then redis.call('DEL', lease) end
  if ARGV[3 + 4 * n] == '1' then
    redis.call('XACK', KEYS[1], ARGV[1], id)
    redis.call('XDEL', KEYS[1], id)
    redis.call('HDEL', KEYS[4], id)
    if redis.call('SREM', KEYS[3], job) == 1 and redis.call('SADD', KEYS[2], job) == 1 then
      redis.call('XADD', KEYS[1], '*', 'job', job)
    end
  else
    redis.call('HSET', KEYS[4], id, ARGV[4 + 4 * n])
    redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[3], 0, id, 'IDLE', ARGV[4], 'JUSTID')
  end
end
return 1
"""

# KEYS: stream, dead, errors, queued, again, rest. ARGV: group, message id, job, reason, deliveries, rest in ms.
BURY = """
local last = redis.call('HGET', KEYS[3], ARGV[2])
local reason = ARGV[4]
if last then reason = reason .. ': ' .. last end
redis.call('XADD', KEYS[2], 'MAXLEN', '~', 10000, '*', 'job', ARGV[3], 'reason', reason, 'deliveries', ARGV[5])
redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
redis.call('XDEL', KEYS[1], ARGV[2])
redis.call('HDEL', KEYS[3], ARGV[2])
redis.call('SREM', KEYS[4], ARGV[3])
redis.call('SREM', KEYS[5], ARGV[3])
redis.call('SET', KEYS[6], '1', 'PX', ARGV[6])
return 1
"""

# KEYS: a claim. ARGV: whose it should be, for how long in ms. Keep it as long as it is ours.
HOLD = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
"""

# KEYS: a claim. ARGV: whose it should be, what it becomes, for how long in ms (0: it goes).
END = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if ARGV[3] == '0' then return redis.call('DEL', KEYS[1]) end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
"""
