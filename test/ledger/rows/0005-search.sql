update crosswalk.links set source_words = 'ACME', target_words = 'INV/1' where key = 'k_linked';
