//! A worker in place of a dead one: what the others were told of names, it knows before it asks.

use peerage::base::rng::Rng;
use peerage::os::sim::{Faults, SimNet};

use crate::crew::Crew;
use crate::names::{NAME_SERVER, NameServer};

/// The crew sees of each new worker that it has the last answers.
#[test]
fn a_worker_in_place_of_a_dead_one_starts_from_the_last_answers() {
    let conf = format!(
        "events {{}} http {{ access_log off; resolver {NAME_SERVER} ipv6=off;
         upstream u {{ zone u 64k; server back.test:80 resolve; }}
         server {{ listen 10.0.0.1:80; location / {{ proxy_pass http://u; }} }} }}"
    );
    let (net, mut rng) = (SimNet::with_faults(1, Faults::none()), Rng::new(1));
    let mut names = NameServer::new(&net, false, 1).unwrap();
    names.settle();
    let mut crew = Crew::new(&net, 2).unwrap();
    crew.load(&conf, &mut rng).unwrap();
    let is_told = |crew: &Crew| {
        let zone = crew.generations[0].looker.all[0].zone.as_ref().unwrap();
        zone.last_answer(0).is_some_and(|found| !found.is_empty())
    };
    while !is_told(&crew) {
        names.turn(&mut rng, net.now());
        crew.turn(&mut rng).unwrap();
    }
    // From now on no name server answers.
    crew.kill(&mut rng);
    assert_eq!(crew.members.len(), 1);
    while crew.members.len() < 2 {
        crew.turn(&mut rng).unwrap();
    }
    let group = &crew.members[1].w.groups.all[0];
    assert!(group.live > 0 && group.peers[..group.live].iter().all(|peer| peer.takes_part()));
}
