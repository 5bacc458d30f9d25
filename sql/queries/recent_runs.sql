-- What the latest runs did, table by table.
select r.started_at, r.partition_key, e.asset, max(e.computed) as computed, max(e.reused) as reused,
    max(e.rejected) as rejected, max(e.output_snapshot) as snapshot, r.run_id
from run as r
join lineage_edge as e using (run_id)
group by all
order by r.started_at desc, snapshot, e.asset
limit 40
