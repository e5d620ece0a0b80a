update crosswalk.links set suspect = true, decisions = '{"accepted": {"net": {"from": "1", "to": "2"}}}' where key = 'k_linked';
