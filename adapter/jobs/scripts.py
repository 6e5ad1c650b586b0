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

# KEYS: stream, queued, again, lease. ARGV: group, message id, job, token, lease in ms, 1 when taken over.
# 1: the job is ours. 0: another worker is at it; it will do the job once more when it is done, except when this message
# was taken over from a worker that fell away: then it stays pending, for its lease may be that worker's.
TAKE = """
if redis.call('SET', KEYS[4], ARGV[4], 'NX', 'PX', ARGV[5]) then
  redis.call('SREM', KEYS[2], ARGV[3])
  return 1
end
if ARGV[6] ~= '1' then
  redis.call('SREM', KEYS[2], ARGV[3])
  redis.call('SADD', KEYS[3], ARGV[3])
  redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
  redis.call('XDEL', KEYS[1], ARGV[2])
end
return 0
"""

# KEYS: stream, lease. ARGV: group, worker, message id, token, lease in ms.
# Still at it: both lease and message stay ours.
EXTEND = """
if redis.call('GET', KEYS[2]) ~= ARGV[4] then return 0 end
redis.call('PEXPIRE', KEYS[2], ARGV[5])
redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[3], 'JUSTID')
return 1
"""

# KEYS: stream, queued, again, lease, errors. ARGV: group, message id, job, token, 1 when done, error, worker, idle.
# Gives the lease back; done: the message goes; asked for again meanwhile: it is put in once more. Failed: the message
# is made to look as if it had been left alone for `idle` ms, so that it is taken over soon and not at once.
RELEASE = """
if redis.call('GET', KEYS[4]) == ARGV[4] then redis.call('DEL', KEYS[4]) end
if ARGV[5] == '1' then
  redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
  redis.call('XDEL', KEYS[1], ARGV[2])
  redis.call('HDEL', KEYS[5], ARGV[2])
  if redis.call('SREM', KEYS[3], ARGV[3]) == 1 and redis.call('SADD', KEYS[2], ARGV[3]) == 1 then
    redis.call('XADD', KEYS[1], '*', 'job', ARGV[3])
  end
else
  redis.call('HSET', KEYS[5], ARGV[2], ARGV[6])
  redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[7], 0, ARGV[2], 'IDLE', ARGV[8], 'JUSTID')
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
