"""The paper's networks, the geometric prior and the IUV net, cut into engines."""
